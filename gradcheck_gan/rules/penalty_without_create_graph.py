"""GG401: a penalty was made of an autograd.grad result that has no graph."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.penalties import (
    CrashedPenalty,
    IdlePenalty,
    crashed_penalty,
    idle_penalties,
)
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at, in_updates, stepped_at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.words import counted

RULE = Rule(
    "GG401",
    "penalty-without-create-graph",
    "error",
    "a gradient penalty trains nothing: autograd.grad was called without create_graph",
    folds_under=frozenset({"GG112", "GG204", "GG306"}),
)

_FIX = (
    "Call torch.autograd.grad(..., create_graph=True) here, so that the penalty itself can be "
    "differentiated."
)


def check(study: Study) -> Iterator[Claim]:
    places: dict[object, list[IdlePenalty]] = {}
    for idle in idle_penalties(study):
        if not idle.taken.create_graph:
            places.setdefault((idle.player.id, idle.taken.location), []).append(idle)
    for found in places.values():
        yield _claim(study, found)
    crash = crashed_penalty(study)
    if crash is not None:
        yield _crash_claim(study, crash)


def _claim(study: Study, found: list[IdlePenalty]) -> Claim:
    idle = found[0]
    player, updates = idle.player, len({one.update.step.order for one in found})
    return RULE.claim(
        f"the penalty computed at {at(idle.term.value.location)} reaches 0 of "
        f"{counted(len(player.parameters), 'parameter')} of {player.name} {in_updates(updates)}: "
        f"the gradient that it is made of was taken at {at(idle.taken.location)} without "
        "create_graph",
        idle.taken.location,
        _FIX,
        subjects={(player.id, one.event.site) for one in found if one.alone},
        related=[
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


def _crash_claim(study: Study, crash: CrashedPenalty) -> Claim:
    name, count = crash.player.name, len(crash.player.parameters)
    return RULE.claim(
        f"the backward pass of a penalty at {at(crash.event.location)} crashed and would reach 0 "
        f"of {counted(count, 'parameter')} of {name}: the gradient that the penalty is made of was "
        f"taken at {at(crash.taken.location)} without create_graph",
        crash.taken.location,
        _FIX,
        subjects={(player.id, crash.event.site) for player in study.players},
        related=[
            (crash.term.value.location, "the penalty"),
            (crash.event.location, "its backward pass, which crashed"),
        ],
        player=name,
        evidence={"parameters": count, "parameters_reached_by_penalty": 0, "would_be": True},
        rounds={crash.event.round},
    )
