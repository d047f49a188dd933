"""Which optimizer is which: known again in each round, though it may be made anew there."""

from __future__ import annotations

from typing import Any, NamedTuple


class Key(NamedTuple):
    """The parameters that an optimizer holds, and where it was made."""

    player: str
    place: str = ""


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
