"""GG310: a parameter stands twice in one optimizer, or in two that step on the same pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from gradcheck_gan.analysis.ledger import Consumption
from gradcheck_gan.analysis.players import by_parameter
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Optimizer
from gradcheck_gan.words import counted, listed

RULE = Rule(
    "GG310",
    "duplicate-parameters",
    "warning",
    "a parameter stands twice in one optimizer, or in two that step on the same pass",
    folds_under=frozenset({"GG112", "GG204", "GG205", "GG303"}),
)

_SHOWN = 3


def check(study: Study) -> Iterator[Claim]:
    for held in study.run.optimizers.values():
        if held.duplicates:
            yield from _twice_in_one(study, held)
    yield from _in_two(study)


def _twice_in_one(study: Study, held: Optimizer) -> Iterator[Claim]:
    steps = [c for c in _real(study) if c.step.optimizer == held.id]
    if not steps:
        return
    count = len(held.duplicates)
    yield RULE.claim(
        f"{held.name} holds {_named(study, held.duplicates)} twice, so each of its "
        f"{counted(len(steps), 'step')} takes {'it' if count == 1 else 'them'} two times",
        held.made or steps[0].step.location,
        f"Give {held.name} every parameter once: look for lists that were joined although their "
        "modules share a part, or for a module named twice where another one was meant.",
        subjects=_subjects(study, held.duplicates, steps),
        related=[(steps[0].step.location, f"{held.name} steps here")],
        player=_player(study, held.duplicates),
        evidence={"optimizer": held.name, "parameters_held_twice": count, "steps": len(steps)},
        rounds=[c.step.round for c in steps],
    )


def _in_two(study: Study) -> Iterator[Claim]:
    """Two optimizers that stepped the same parameters on the same pass, in one block."""
    tied = {p for p, players in by_parameter(study.players).items() if len(players) > 1}
    found: dict[tuple[int, int], list[tuple[Consumption, Consumption, frozenset[int]]]]
    found = defaultdict(list)
    steps = _real(study)
    for index, second in enumerate(steps):
        for first in steps[:index]:
            same = first.step.optimizer == second.step.optimizer
            if same or first.block is not second.block:
                continue
            both = frozenset(_on_one_pass(first, second)) - tied
            if both:
                pair = sorted((first.step.optimizer, second.step.optimizer))
                found[pair[0], pair[1]].append((first, second, both))
    for (one, other), cases in found.items():
        if study.is_proven(len(cases)):
            yield _claim(study, study.run.optimizers[one], study.run.optimizers[other], cases)


def _on_one_pass(first: Consumption, second: Consumption) -> Iterator[int]:
    own = {event.order for event in first.block.passes}
    for parameter, orders in second.passes.items():
        if own & set(orders) & set(first.passes.get(parameter, ())):
            yield parameter


def _claim(
    study: Study,
    one: Optimizer,
    other: Optimizer,
    cases: list[tuple[Consumption, Consumption, frozenset[int]]],
) -> Claim:
    first, second, both = cases[0]
    event = first.block.passes[-1]
    return RULE.claim(
        f"{one.name} and {other.name} both hold {_named(study, both)} and both stepped on the "
        f"backward pass at {at(event.location)}, {counted(len(cases), 'time')}",
        other.made or second.step.location,
        f"Leave {'it' if len(both) == 1 else 'them'} to one of {one.name} and {other.name}, or "
        "give the second a backward pass of its own.",
        subjects=_subjects(study, both, [second]),
        related=[
            (one.made, f"{one.name}, which holds the same"),
            (first.step.location, "the first step on this pass"),
            (second.step.location, "the second step on this pass"),
        ],
        player=_player(study, both),
        evidence={
            "first_optimizer": one.name,
            "second_optimizer": other.name,
            "parameters_in_both": len(both),
            "updates": len(cases),
        },
        rounds=[case[1].step.round for case in cases],
    )


def _real(study: Study) -> list[Consumption]:
    return [c for c in study.ledger.consumptions if not c.step.skipped]


def _named(study: Study, parameters: frozenset[int]) -> str:
    names = [study.run.parameters[p].name for p in sorted(parameters)]
    more = len(names) - _SHOWN
    shown = f"{', '.join(names[:_SHOWN])} and {more} more" if more > 0 else listed(names)
    return f"{counted(len(names), 'parameter')} ({shown})"


def _player(study: Study, parameters: frozenset[int]) -> str | None:
    return next((p.name for p in study.players if p.parameters & parameters), None)


def _subjects(
    study: Study, parameters: frozenset[int], steps: list[Consumption]
) -> set[tuple[int, str]]:
    return {
        (player.id, study.ledger.passes[order].site)
        for player in study.players
        if player.parameters & parameters
        for consumption in steps
        for orders in consumption.passes.values()
        for order in orders
    }
