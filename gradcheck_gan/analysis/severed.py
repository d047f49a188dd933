"""A player that steps without any gradient, as one fault."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.run import Backward, Step, Value


@dataclass(frozen=True, slots=True)
class Severance:
    """A player whose updates got nothing from the passes that they were meant to step on.

    `culprit` is the value where gradient stops, None where there is no path or the player was
    frozen. `would_be` marks a player that was about to step when the script crashed.
    """

    code: str
    player: Player
    events: tuple[Backward, ...]
    step: Step | None
    culprit: Value | None
    others: tuple[Value, ...]
    updates: int
    rounds: tuple[int, ...]
    would_be: bool = False

    @property
    def event(self) -> Backward:
        return self.events[0]

    @property
    def subjects(self) -> frozenset[tuple[int, str]]:
        return frozenset((self.player.id, event.site) for event in self.events)


def joined(severances: Iterable[Severance]) -> list[Severance]:
    """One for the same fault seen from several calls of the function that trains."""
    joined: dict[object, Severance] = {}
    for one in severances:
        key = one.code, one.culprit and one.culprit.location, one.event.location
        known = joined.get(key)
        if known is None:
            joined[key] = one
        else:
            joined[key] = replace(
                known,
                events=known.events + one.events,
                updates=known.updates + one.updates,
                rounds=(*known.rounds, *one.rounds),
            )
    return list(joined.values())
