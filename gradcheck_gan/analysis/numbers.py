"""Gradient penalties that stand in a loss as a plain number: told by the numbers themselves."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.run import Backward, Escape, Location, Value

_SUMS = frozenset("add add_ sub sub_ __rsub__ rsub".split())
_SAME = 1e-6
_REMEMBERED = 8


@dataclass(frozen=True, slots=True)
class Added:
    """A number that left autograd at `left` was added to a loss at `added`, `factor` times."""

    update: Update
    event: Backward
    left: Value
    added: Value
    number: float
    factor: float


def numbers_in_losses(study: Study) -> Iterator[list[Added]]:
    """Per place: summands that follow the number from update to update, by one constant factor."""
    if not study.run.escapes:
        return
    places: dict[tuple[int, Location | None, Location | None], list[Added]] = defaultdict(list)
    for update in study.updates:
        for event in study.own_passes(update):
            for added in _added(study, update, event):
                key = (update.player.id, added.left.location, added.added.location)
                places[key].append(added)
    for found in places.values():
        factors = [each.factor for each in found]
        moved = len({each.number for each in found}) > 1
        if moved and all(math.isclose(f, factors[0], rel_tol=_SAME) for f in factors):
            yield found


def _added(study: Study, update: Update, event: Backward) -> Iterator[Added]:
    values = study.run.values
    for root in event.roots:
        for identity in study.flow.below(root):
            value = values[identity]
            if value.name not in _SUMS or not value.constant or study.is_inside_player(value):
                continue
            for escape in _recent(study, value.id):
                left = values[escape.value]
                reached = study.flow.reached(left.id, event)
                behind = reached.live | reached.cut | reached.frozen
                if behind & update.player.parameters and escape.number:
                    factor = value.constant / escape.number
                    yield Added(update, event, left, value, escape.number, factor)


def _recent(study: Study, before: int) -> list[Escape]:
    return [escape for escape in study.run.escapes if escape.value < before][-_REMEMBERED:]
