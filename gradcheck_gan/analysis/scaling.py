"""Under a gradient scaler: by what each deposit is still multiplied when it is clipped or used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.terms import Term
from gradcheck_gan.run import Backward, Clip, Step, Unscaling
from gradcheck_gan.words import counted

TOLERANCE = 0.01
"""Scales are powers of two almost always; gradients may be rounded."""

_BY_HAND = 0.01
"""A script that has asked for the scale, and uses a number of at least this part of it, may have
multiplied by it itself."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one pass left in one parameter: `began` times too large then, `factor` times now.

    `clipped` tells that it was clipped while the factor was not 1.
    """

    event: Backward
    began: float
    factor: float
    unscaled: Unscaling | None = None
    clipped: bool = False

    @property
    def is_right(self) -> bool:
        return is_one(self.factor)


Parts = Mapping[int, tuple[Part, ...]]


def is_one(factor: float) -> bool:
    return abs(factor - 1.0) <= TOLERANCE


def may_be_by_hand(number: float, scale: float, *, asked: bool) -> bool:
    """Whether the script may have multiplied this number by the scale, or scaled it itself."""
    return asked and abs(number) >= _BY_HAND * scale


def is_scaled_at(clip: Clip, part: Part) -> bool:
    """Whether a bound meant for gradients met scaled ones."""
    asked = clip.asked or clip.by_hand
    return not part.is_right and not may_be_by_hand(clip.bound, part.factor, asked=asked)


class Scaling:
    """Walks through a run once; deposits of which something is unknown are left out."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._lying: dict[int, dict[int, Part]] = {}
        self.at_step: dict[int, Parts] = {}
        self.at_clip: dict[int, Parts] = {}
        if self.is_used:
            for event in self._events():
                self._take(event)

    @property
    def is_used(self) -> bool:
        return bool(self._scaled)

    @cached_property
    def _scaled(self) -> frozenset[int]:
        values = self._study.run.values.values()
        return frozenset(value.id for value in values if value.scale != 1.0)

    def _events(self) -> Iterable[Backward | Step | Unscaling | Clip]:
        run = self._study.run
        events = [e for e in run.events if isinstance(e, (Backward, Step))]
        return sorted([*events, *run.unscalings, *run.clips], key=lambda event: event.order)

    def _take(self, event: Backward | Step | Unscaling | Clip) -> None:
        if isinstance(event, Unscaling):
            self._divide(event)
        elif isinstance(event, Clip):
            self._clip(event)
        else:
            for parameter in event.cleared | event.unknown:
                self._lying.pop(parameter, None)
            if isinstance(event, Backward):
                self._deposit(event)
            else:
                self.at_step[event.order] = self._stepped_on(event)

    def _deposit(self, event: Backward) -> None:
        if event.kind != "backward" or not event.deposits:
            return
        factors = self._factors(event)
        for parameter, deposit in event.deposits.items():
            known = factors.get(parameter, factors.get(None))
            if not deposit.zero and known is not None:
                part = Part(event, known, known)
                self._lying.setdefault(parameter, {})[event.order] = part

    def _factors(self, event: Backward) -> Mapping[int | None, float]:
        """By what the pass multiplied its deposits: in all parameters (None), or one by one."""
        terms = self._study.terms(event)
        told = [term for term in terms if not self._is_hidden(term)]
        scales = {term.scale for term in told}
        if len(scales) <= 1 and len(told) == len(terms):
            return dict.fromkeys([None], *scales) if scales else {}
        factors: dict[int | None, float] = {}
        for term in told:
            # One that is wrong beside one that is right is what counts.
            for parameter in self._study.flow.reached(term.value.id, event).live:
                factors[parameter] = min(term.scale, factors.get(parameter, term.scale))
        return factors

    def _is_hidden(self, term: Term) -> bool:
        """Something was scaled on the way, and what was made of that is not known."""
        below = self._study.flow.below(term.value.id)
        return term.scale == 1.0 and not self._scaled.isdisjoint(below)

    def _divide(self, event: Unscaling) -> None:
        for parameter in event.parameters:
            lying = self._lying.get(parameter, {})
            for order, part in lying.items():
                lying[order] = replace(part, factor=part.factor / event.scale, unscaled=event)

    def _clip(self, event: Clip) -> None:
        self.at_clip[event.order] = {
            parameter: tuple(self._lying[parameter].values())
            for parameter in event.parameters & self._lying.keys()
        }
        if event.size > event.bound:
            for parameter in event.parameters:
                lying = self._lying.get(parameter, {})
                for order, part in lying.items():
                    lying[order] = replace(part, clipped=part.clipped or is_scaled_at(event, part))

    def _stepped_on(self, step: Step) -> Parts:
        known = step.gradients.keys() - step.touched
        return {
            parameter: tuple(
                replace(part, factor=part.factor / step.divisor)
                for part in self._lying[parameter].values()
            )
            for parameter in known & self._lying.keys()
        }


def withheld(study: Study) -> list[str]:
    """Notes on optimizers that a gradient scaler never let step."""
    notes = []
    for identity, optimizer in study.run.optimizers.items():
        steps = [c.step for c in study.ledger.consumptions if c.step.optimizer == identity]
        if steps and all(step.skipped for step in steps):
            notes.append(
                f"{optimizer.name} never stepped: its gradient scaler met Inf or NaN and skipped "
                f"{counted(len(steps), 'step')}; what it trains is not judged"
            )
    return notes
