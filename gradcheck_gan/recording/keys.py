"""Which optimizer is which: known again in each round, though it may be made anew there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder


class Key(NamedTuple):
    """The parameters that an optimizer holds, and where it was made."""

    player: str
    place: str = ""


class Keys:
    """Of the optimizers that live now; their parameters are read anew each time."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._kept: dict[int, Key] | None = None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Meanwhile nothing is made or given parameters: all keys are read once."""
        self._kept = self._all()
        try:
            yield
        finally:
            self._kept = None

    def of(self, optimizer: Any) -> Key:
        self._recorder.optimizers.identify(optimizer)  # a copy was never made by `__init__`
        return self._all()[id(optimizer)]

    def living(self) -> set[Key]:
        return set(self._living())

    def names(self, keys: set[Key]) -> list[str]:
        names = self._recorder.names
        found = [thing for key, thing in self._living().items() if key in keys]
        return [names.get(thing) or type(thing).__name__ for thing in found]

    def _living(self) -> dict[Key, Any]:
        keys, optimizers = self._all(), self._recorder.optimizers
        living = {
            keys[id(optimizer)]: optimizer
            for optimizer, identity in optimizers.items()
            if identity not in optimizers.superseded | optimizers.parts
        }
        return {key: optimizer for key, optimizer in living.items() if key.player}

    def _all(self) -> dict[int, Key]:
        if self._kept is not None:
            return self._kept
        made, sites = self._recorder.optimizers.items(), self._recorder.optimizers.sites
        players = {number: self._player_of(optimizer) for optimizer, number in made}
        keys = {id(each): Key(players[number], sites.get(number, "")) for each, number in made}
        return without_parts(keys, [optimizer for optimizer, _ in made])

    def _player_of(self, optimizer: Any) -> str:
        recorder = self._recorder
        held = [recorder.parameters.known(p) for p in recorder.optimizers.held(optimizer)]
        return ",".join(str(identity) for identity in sorted(i for i in held if i is not None))


def without_parts(keys: dict[int, Key], optimizers: list[Any]) -> dict[int, Key]:
    """Give an optimizer that another of the same player holds the key of that one.

    Lookahead and SAM are made of another optimizer; only one of the two may ever be seen stepping.
    """
    players = [key.player for key in keys.values()]
    alike = [each for each in optimizers if players.count(keys[id(each)].player) > 1]
    for outer in alike:
        for value in list(vars(outer).values()):
            if value is not outer and any(value is each for each in alike):
                keys = _renamed(keys, keys[id(value)], keys[id(outer)])
    return keys


def _renamed(keys: dict[int, Key], old: Key, new: Key) -> dict[int, Key]:
    if old.player != new.player:
        return keys
    return {identity: new if key == old else key for identity, key in keys.items()}
