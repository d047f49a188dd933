"""Penalties on gradients of a scaled output, used without dividing them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck_gan.analysis.scaling import TOLERANCE, is_one
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.terms import Term, decompose
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rules._amp_misuse import Misuse, number
from gradcheck_gan.run import Backward, Value

_FACTORS = frozenset(
    "mul multiply mul_ div divide true_divide div_ __mul__ __rmul__ __imul__ __truediv__".split()
)
_SUMS = frozenset("add add_ __add__ __radd__ __iadd__ sub sub_ __sub__ __rsub__ rsub cat".split())
_PLAIN = frozenset(
    "norm vector_norm linalg_norm linalg_vector_norm pow pow_ __pow__ square sqrt abs sum mean "
    "view reshape flatten float double to half squeeze unsqueeze contiguous clone __getitem__ relu "
    "clamp clamp_min".split()
)
_ONES = frozenset({"ones_like", "ones", "new_ones", "tensor"})


@dataclass(frozen=True, slots=True)
class Slope:
    """A gradient with a graph, and the call of autograd.grad whose output was scaled."""

    value: Value
    taken: Backward
    scale: float


class ScaledPenalties:
    def __init__(self, study: Study) -> None:
        self._study = study
        taken = [e for e in study.ledger.passes.values() if e.kind == "grad"]
        self._taken = sorted(taken, key=lambda event: event.order)
        values = study.run.values.values()
        found = (self._slope(v) for v in values if v.name == "autograd.grad" and v.live)
        self._slopes = {slope.value.id: slope for slope in found if slope is not None}

    def of_update(self, update: Update) -> Iterator[Misuse]:
        if not self._slopes:
            return
        for event in (self._study.ledger.passes[order] for order in update.consumed):
            for term in self._study.terms(event):
                for identity in sorted(self._study.flow.below(term.value.id) & set(self._slopes)):
                    slope = self._slopes[identity]
                    if term.weight and self._is_undivided(slope, term, event):
                        yield self._misuse(update, event, slope)

    def _slope(self, value: Value) -> Slope | None:
        at_order = bisect_left(self._taken, value.id, key=lambda event: event.order)
        if not at_order:
            return None
        taken = self._taken[at_order - 1]
        scales = {
            term.scale
            for root in taken.roots
            for term in decompose(
                self._study.run,
                root,
                self._study.is_inside_player,
                self._study.meetings.computed.__contains__,
            )
        }
        if len(scales) != 1 or is_one(scale := scales.pop()) or not self._is_plain(taken):
            return None
        return Slope(value, taken, scale)

    def _is_plain(self, taken: Backward) -> bool:
        """Seeded with ones, or with nothing: what the seed may divide by is not known."""
        values = self._study.run.values
        return all(seed in values and values[seed].name in _ONES for seed in taken.seed)

    def _is_undivided(self, slope: Slope, term: Term, event: Backward) -> bool:
        """Every operation between is known, and none divides by the scale."""
        way = self._study.flow.between(slope.value.id, [term.value.id])
        inside = {slope.value.id, *(value.id for value in way)}
        return bool(way or term.value.id == slope.value.id) and all(
            self._keeps_scale(value, inside, slope.scale) for value in way
        )

    def _keeps_scale(self, value: Value, inside: set[int], scale: float) -> bool:
        others = [edge.source for edge in value.inputs if edge.source not in inside]
        if value.name in _FACTORS:
            factor = value.constant
            return factor is not None and not (_is(factor, scale) or _is(factor * scale, 1.0))
        computed = self._study.meetings.computed
        if value.name in _SUMS:
            return not any(other in computed for other in others)
        return value.name in _PLAIN and not others

    def _misuse(self, update: Update, event: Backward, slope: Slope) -> Misuse:
        scale = number(slope.scale)
        return Misuse(
            update,
            f"the gradient that autograd.grad returns here is that of an output multiplied by "
            f"{scale}, and nothing divides it before the penalty on it enters the backward pass at "
            f"{at(event.location)}",
            slope.taken.location,
            "Differentiate the output itself, without scaler.scale; or divide the gradient by "
            "scaler.get_scale() before its norm is taken. Scale only the whole loss.",
            ((event.location, f"{update.player.name} is trained by the penalty here"),),
            {"scale": slope.scale},
        )


def _is(one: float, other: float) -> bool:
    return abs(one - other) <= TOLERANCE * abs(other)
