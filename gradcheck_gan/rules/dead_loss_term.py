"""GG110: one additive term of a loss was computed through a cut and trains nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gradcheck_gan.analysis.penalties import idle_penalties
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at, in_updates, made_at, stepped_at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.rules._dead_terms import DeadTerm, dead_terms
from gradcheck_gan.rules._unfed_judge import UnfedTerm, unfed_terms
from gradcheck_gan.run import Value
from gradcheck_gan.words import counted

RULE = Rule(
    "GG110",
    "dead-loss-term",
    "error",
    "one term of a loss trains nobody, or not the player that it was computed from",
    folds_under=frozenset(
        "GG101 GG102 GG103 GG104 GG105 GG106 GG108 GG112 GG204 GG306".split(),
    ),
)


def check(study: Study) -> Iterator[Claim]:
    penalties = {(idle.event.order, idle.term.value.id) for idle in idle_penalties(study)}
    for player in study.players:
        updates = [update for update in study.updates_of(player) if update.consumed]
        found = [dead for update in updates for dead in dead_terms(study, update, penalties)]
        places: dict[object, list[DeadTerm]] = {}
        for dead in found:
            places.setdefault(dead.culprit.location, []).append(dead)
        for cases in places.values():
            yield _claim(study, player, cases, len(updates))
        for unfed in _by_place(unfed_terms(study, player)):
            yield _claim_unfed(study, player, unfed, len(updates))


def _by_place(found: Iterable[UnfedTerm]) -> Iterable[list[UnfedTerm]]:
    places: dict[object, list[UnfedTerm]] = {}
    for case in found:
        places.setdefault(case.entry.location, []).append(case)
    return places.values()


def _claim_unfed(study: Study, player: Player, cases: list[UnfedTerm], updates: int) -> Claim:
    case = cases[0]
    judge, event, place = case.judge, case.event, case.term.value.location
    proven = study.is_proven(len({case.update.step.order for case in cases}))
    return RULE.claim(
        f"the term computed at {at(place)} trains nobody {in_updates(updates)} of {player.name}: "
        f"it was computed from what {judge.name} says of values that {player.name} did not make, "
        f"and no step uses the gradient that it leaves in {judge.name}",
        case.entry.location or event.location,
        f"Give {judge.name} the output of {player.name} here, or, if this term is only a constant "
        "of the loss, leave it out.",
        subjects={(player.id, event.site)},
        related=[
            made_at(study, event, player),
            (event.location, "the backward pass"),
            stepped_at(case.update.step.location, player),
        ],
        player=player.name,
        evidence={
            "parameters": len(player.parameters),
            "parameters_reached_by_term": 0,
            "updates": updates,
        },
        rounds=sorted({case.update.step.round for case in cases}),
        severity=None if proven else "note",
    )


def _claim(study: Study, player: Player, cases: list[DeadTerm], updates: int) -> Claim:
    dead = cases[0]
    event, culprit = dead.event, dead.culprit
    others = _others(study, dead)
    term_place = dead.term.value.location
    proven = study.is_proven(len({case.update.step.order for case in cases}))
    return RULE.claim(
        f"the term computed at {at(term_place)} reaches 0 of "
        f"{counted(len(player.parameters), 'parameter')} of {player.name} "
        f"{in_updates(updates)}, though it was computed from them{others}: "
        f"`{culprit.name}` at {at(culprit.location)} cuts it off",
        culprit.region or culprit.location or event.location,
        f"{_remedy(culprit)}, so that this term trains {player.name} again; if it is not meant to, "
        "leave the term out of this loss.",
        subjects={(player.id, event.site)},
        related=[
            made_at(study, event, player),
            (term_place, "the term that trains nobody"),
            (event.location, "the backward pass"),
            stepped_at(dead.update.step.location, player),
        ],
        player=player.name,
        evidence={
            "parameters": len(player.parameters),
            "parameters_reached_by_term": 0,
            "parameters_reached_by_other_terms": _reached_by_others(study, dead),
            "updates": updates,
            "operation": culprit.name,
        },
        rounds=sorted({case.update.step.round for case in cases}),
        severity=None if proven else "note",
    )


def _remedy(culprit: Value) -> str:
    where = at(culprit.location)
    if culprit.kind == "function":
        return f"Return a gradient from the backward of `{culprit.name}` at {where}"
    if culprit.zero:
        estimator = f"x + ({culprit.name}(x) - x).detach()"
        return f"Pass the gradient straight through `{culprit.name}` at {where}: {estimator}"
    if culprit.cut == "no_grad":
        return f"Compute this term outside the region without gradient that holds {where}"
    if culprit.cut == "detach":
        name = ".data" if culprit.name == "data" else f"{culprit.name}()"
        return f"Remove the `{name}` at {where} from this term"
    return f"Replace `{culprit.name}` at {where} by differentiable tensor operations"


def _reached_by_others(study: Study, dead: DeadTerm) -> int:
    mine = dead.update.player.parameters
    got = {
        p
        for event in study.own_passes(dead.update)
        for p, deposit in event.deposits.items()
        if p in mine and not deposit.zero
    }
    return len(got)


def _others(study: Study, dead: DeadTerm) -> str:
    count = _reached_by_others(study, dead)
    return f" (the other terms reach {count} of {len(dead.update.player.parameters)})"
