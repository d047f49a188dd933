"""What the rules on severed players share: the claim, its words and its places."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gradcheck_gan.analysis.severance import severances
from gradcheck_gan.analysis.severed import Severance
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import (
    at,
    by_one_of_several,
    in_updates,
    made_at,
    others_that_flowed,
    stepped_at,
)
from gradcheck_gan.finding import Severity
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Location
from gradcheck_gan.words import counted

Words = Callable[[Study, Severance], str]


def claims(
    study: Study,
    rule: Rule,
    cause: Words,
    fix: Words,
    *,
    place: Callable[[Study, Severance], Location | None] | None = None,
    severity: Callable[[Study, Severance], Severity | None] | None = None,
) -> Iterator[Claim]:
    """One claim for every severed player that this rule explains."""
    for severance in severances(study):
        if severance.code != rule.code:
            continue
        where = place(study, severance) if place else _culprit_place(severance)
        chosen = severity(study, severance) if severity else None
        if not severance.would_be and not study.is_proven(severance.updates):
            chosen = "note"
        why = cause(study, severance)
        yield rule.claim(
            f"{_measured(study, severance)}: {why}",
            where or severance.event.location,
            fix(study, severance),
            subjects=severance.subjects,
            related=_related(study, severance),
            player=severance.player.name,
            evidence=_evidence(study, severance),
            rounds=severance.rounds,
            severity=chosen,
            cause=why,
        )


def _culprit_place(severance: Severance) -> Location | None:
    culprit = severance.culprit
    if culprit is None:
        return None
    return culprit.region or culprit.location


def _measured(study: Study, severance: Severance) -> str:
    player, event = severance.player, severance.event
    count = counted(len(player.parameters), "parameter")
    if severance.would_be:
        return (
            f"0 of {count} of {player.name} would be reached by the backward pass at "
            f"{at(event.location)}, which crashed"
        )
    whose = by_one_of_several(study, player, severance.step)
    others = others_that_flowed(study, severance.events, player)
    passes = " and ".join(dict.fromkeys(at(event.location) for event in severance.events))
    return (
        f"0 of {count} of {player.name} got a gradient from the backward pass at {passes} "
        f"{in_updates(severance.updates)}{whose}{others}"
    )


def _related(study: Study, severance: Severance) -> list[tuple[Location | None, str]]:
    event, player = severance.event, severance.player
    related = [made_at(study, event, player)]
    related += [(other.location, "also cut here") for other in severance.others[:3]]
    related.append((event.location, "the backward pass that does not reach it"))
    if severance.step is not None:
        related.append(stepped_at(severance.step.location, player))
    return [(place, note) for place, note in related if place is not None]


def _evidence(study: Study, severance: Severance) -> dict[str, str | int | float | bool | None]:
    measured: dict[str, str | int | float | bool | None] = {
        "parameters": len(severance.player.parameters),
        "parameters_with_gradient": 0,
        "updates": severance.updates,
        "rounds": study.run.outcome.rounds,
        "operation": None if severance.culprit is None else severance.culprit.name,
    }
    return {**measured, "would_be": True} if severance.would_be else measured
