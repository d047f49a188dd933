"""GG402: a gradient penalty has a graph, but reaches no parameter that its update steps."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.numbers import Added, numbers_in_losses
from gradcheck_gan.analysis.penalties import IdlePenalty, idle_penalties
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at, in_updates, stepped_at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Location, Value
from gradcheck_gan.words import counted

RULE = Rule(
    "GG402",
    "penalty-without-effect",
    "error",
    "a gradient penalty reaches no parameter that its update steps",
    folds_under=frozenset({"GG112", "GG204", "GG306"}),
)


def check(study: Study) -> Iterator[Claim]:
    places: dict[object, list[IdlePenalty]] = {}
    for idle in idle_penalties(study):
        if idle.taken.create_graph:
            places.setdefault((idle.player.id, _place(study, idle)), []).append(idle)
    for found in places.values():
        yield _claim(study, found)
    for numbers in numbers_in_losses(study):
        yield _claim_of_number(study, numbers)


def _cut(study: Study, idle: IdlePenalty) -> Value | None:
    """The first value made of the slope that carries no gradient on."""
    way = study.flow.between(idle.slope.id, [idle.term.value.id])
    return next((value for value in way if value.cut is not None), None)


def _place(study: Study, idle: IdlePenalty) -> Location | None:
    cut = _cut(study, idle)
    return idle.event.location if cut is None else cut.region or cut.location


def _claim(study: Study, found: list[IdlePenalty]) -> Claim:
    idle = found[0]
    player, updates = idle.player, len({one.update.step.order for one in found})
    cause, fix = _explained(study, idle)
    return RULE.claim(
        f"the penalty computed at {at(idle.term.value.location)} leaves no gradient in any of the "
        f"{counted(len(player.parameters), 'parameter')} of {player.name} {in_updates(updates)}: "
        f"{cause}",
        _place(study, idle),
        fix,
        subjects={(player.id, one.event.site) for one in found if one.alone},
        related=[
            (idle.taken.location, "the gradient that is penalised is taken here"),
            (idle.term.value.location, "the penalty"),
            (idle.event.location, "the backward pass that holds it"),
            stepped_at(idle.update.step.location, player),
        ],
        player=player.name,
        evidence={
            "parameters": len(player.parameters),
            "parameters_reached_by_penalty": 0,
            "updates": updates,
        },
        rounds={one.update.step.round for one in found},
        severity=None if study.is_proven(updates) else "note",
    )


def _claim_of_number(study: Study, found: list[Added]) -> Claim:
    case = found[0]
    player, updates = case.update.player, len({each.update.step.order for each in found})
    return RULE.claim(
        f"the penalty in the loss at {at(case.added.location)} is a plain number that left "
        f"autograd by `{case.left.name}` ({case.factor:g} times it in "
        f"{counted(updates, 'update')}): it "
        f"leaves no gradient in any of the {counted(len(player.parameters), 'parameter')} of "
        f"{player.name}",
        case.left.location,
        f"Return the penalty itself instead of `{case.left.name}()`; read its number for the log "
        "where that is written.",
        related=[
            (case.added.location, "the number is added to the loss here"),
            (case.event.location, "the backward pass"),
            stepped_at(case.update.step.location, player),
        ],
        player=player.name,
        evidence={
            "parameters": len(player.parameters),
            "parameters_reached_by_penalty": 0,
            "updates": updates,
        },
        rounds={each.update.step.round for each in found},
    )


def _explained(study: Study, idle: IdlePenalty) -> tuple[str, str]:
    """Why the penalty trains nobody, and what to change."""
    name, cut = idle.player.name, _cut(study, idle)
    if cut is not None:
        return (
            f"`{cut.name}` at {at(cut.location)} cuts it off from the slope that it measures",
            (
                f"Remove the `{cut.name}` at {at(cut.location)} from the penalty; read its value "
                "for the log where that is written."
            ),
        )
    if idle.link.kind == "live":
        return (
            "its backward() was asked for the gradient of other tensors only",
            f"Call backward() without inputs=, or name the parameters of {name} in it.",
        )
    if idle.link.kind == "frozen":
        return (
            "requires_grad was False for all of them when the slope was taken",
            (
                f"Let the parameters of {name} require grad while the penalty is computed: call "
                f"{name}.requires_grad_(True) before it."
            ),
        )
    if idle.link.culprits:
        culprit = idle.link.culprits[0]
        return (
            f"`{culprit.name}` at {at(culprit.location)} cuts them off from the slope",
            (
                f"Compute the slope from the parameters of {name} themselves, without the "
                f"`{culprit.name}` at {at(culprit.location)}."
            ),
        )
    return (
        "it was computed from parameters that no optimizer holds",
        f"Compute the penalty on the module that the optimizer of {name} holds.",
    )
