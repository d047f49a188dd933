"""GG301: an optimizer never found a gradient in any of its steps."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.ledger import Consumption
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.words import counted, listed

RULE = Rule(
    "GG301",
    "empty-step",
    "error",
    "an optimizer steps, and never finds a gradient",
    folds_under=frozenset(
        {*(f"GG{number}" for number in range(101, 113)), "GG204", "GG302", "GG303", "GG306"}
    ),
)


def check(study: Study) -> Iterator[Claim]:
    for optimizer, held in study.run.optimizers.items():
        found = [c for c in study.ledger.consumptions if c.step.optimizer == optimizer]
        by_hand = not held.parameters.isdisjoint(study.moved_by_hand)
        if by_hand or not all(map(_is_empty, found)) or not study.is_proven(len(found)):
            continue
        # Before the first pass there is nothing to step on: a scheduler may have wanted that step.
        telling = [c for c in found if c.block.passes and not _is_one_of_all(study, c)]
        if telling:
            yield from _claim(study, found, telling)


def _is_one_of_all(study: Study, consumption: Consumption) -> bool:
    """All optimizers step here, in a loop or one right after the other, and another one found
    something: a short run may have seen only the other's phase."""
    return not study.is_complete and any(
        other.block is consumption.block and other.passes and _are_together(consumption, other)
        for other in study.ledger.consumptions
    )


def _are_together(one: Consumption, other: Consumption) -> bool:
    """Steps of one line, or steps between which nothing was computed."""
    steps = one.block.steps
    apart = abs(steps.index(one.step) - steps.index(other.step))
    return (
        one.step.location == other.step.location or abs(one.step.order - other.step.order) == apart
    )


def _is_empty(consumption: Consumption) -> bool:
    """Nothing was there to step on; a closure that clears what it made, or a skipped step, may
    have had something."""
    step = consumption.step
    if step.closure or step.skipped or consumption.passes or consumption.unknown:
        return False
    return set(step.gradients.values()) <= {"none", "zero"}


def _claim(study: Study, found: list[Consumption], telling: list[Consumption]) -> Iterator[Claim]:
    first = telling[0]
    held = study.run.optimizers[first.step.optimizer]
    players = [player for player in study.players if player.parameters & held.parameters]
    names = listed(player.name for player in players)
    if not players:
        return
    event = first.block.passes[-1]
    yield RULE.claim(
        f"{held.name} found no gradient in its {counted(len(held.parameters), 'parameter')} "
        f"({names}) in any of {counted(len(found), 'step')}",
        first.step.location,
        f"Step {held.name} after a backward pass that reaches {names}, and before the gradients "
        "are cleared; or drop the optimizer.",
        subjects={(p.id, e.site) for p in players for c in telling for e in c.block.passes},
        related=[(event.location, f"the backward pass before, at {at(event.location)}")],
        player=players[0].name,
        evidence={"optimizer": held.name, "parameters": len(held.parameters), "steps": len(found)},
        rounds=[consumption.step.round for consumption in found],
    )
