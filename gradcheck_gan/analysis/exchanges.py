"""Terms that only exchange a value: what they take away or add, a live term makes up for."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.terms import Term, decompose
from gradcheck_gan.run import Backward

SWAPPED = 24
"""An exchange of values adds up a few terms; a longer sum behind a `detach` is something else."""


@dataclass(frozen=True, slots=True)
class Exchanges:
    """Terms of this update's losses by what is exchanged in them.

    `signed` are all terms with their signs, `live` those that train the player. `swapped` are live
    ones whose value a detached copy takes away again, as in `hard + soft - soft.detach()`.
    """

    signed: frozenset[tuple[int, int]]
    live: frozenset[int]
    swapped: frozenset[int]

    @classmethod
    def among(cls, study: Study, terms: list[tuple[Backward, Term]], player: Player) -> Exchanges:
        live = {(t.value.id, t.sign) for e, t in terms if trains(study, e, t, player)}
        swapped = {
            part.value.id
            for _, term in terms
            for part in _copied(study, term)
            if (part.value.id, -part.sign * term.sign) in live
        }
        signed = frozenset((term.value.id, term.sign) for _, term in terms)
        return cls(signed, frozenset(value for value, _ in live), frozenset(swapped))

    def _holds_swapped(self, study: Study, term: Term) -> bool:
        return not self.swapped.isdisjoint(study.flow.below(term.value.id))

    def hold(self, study: Study, term: Term) -> bool:
        """`loss_a + (loss_b - loss_a).detach()` exchanges the value and keeps the gradient of a,
        `a.detach() + k * (a - a.detach())` keeps the value and scales the gradient, and the dead
        term of `hard(a) + a - a.detach()` is the value that a was exchanged for."""
        parts = _copied(study, term)
        return (
            any((part.value.id, -part.sign * term.sign) in self.signed for part in parts)
            or (bool(parts) and all(part.value.id in self.live for part in parts))
            or (bool(self.swapped) and self._holds_swapped(study, term))
        )


def _copied(study: Study, term: Term) -> list[Term]:
    """The terms of what a term is a detached copy of."""
    if term.value.cut != "detach" or not term.value.inputs:
        return []
    return decompose(
        study.run,
        term.value.inputs[0].source,
        study.is_inside_player,
        study.meetings.computed.__contains__,
        most=SWAPPED,
    )


def trains(study: Study, event: Backward, term: Term, player: Player) -> bool:
    return bool(study.flow.reached(term.value.id, event).live & player.parameters)
