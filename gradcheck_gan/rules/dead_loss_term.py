"""GG110: one additive term of a loss was computed through a cut and trains nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gradcheck_gan.analysis.exchanges import Exchanges, trains
from gradcheck_gan.analysis.flow import Link
from gradcheck_gan.analysis.penalties import idle_penalties
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.terms import Term
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.analysis.wording import at, in_updates, made_at, stepped_at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.rules._unfed_judge import UnfedTerm, unfed_terms
from gradcheck_gan.run import Backward, Value
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


@dataclass(frozen=True, slots=True)
class DeadTerm:
    update: Update
    event: Backward
    term: Term
    culprit: Value
    others: tuple[Value, ...]


def check(study: Study) -> Iterator[Claim]:
    penalties = {(idle.event.order, idle.term.value.id) for idle in idle_penalties(study)}
    for player in study.players:
        updates = [update for update in study.updates_of(player) if update.consumed]
        found = [dead for update in updates for dead in _dead_terms(study, update, penalties)]
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


def _dead_terms(
    study: Study, update: Update, penalties: set[tuple[int, int]]
) -> Iterator[DeadTerm]:
    """Terms of this update's passes that reach nobody who steps on them; penalties have rules of
    their own."""
    passes = study.own_passes(update)
    passes = [e for e in passes if e.traced and e.error is None and not _is_idle(study, e, update)]
    terms = [(event, term) for event in passes for term in study.terms(event)]
    if not any(trains(study, event, term, update.player) for event, term in terms):
        return
    exchanges = Exchanges.among(study, terms, update.player)
    judges = {other.id for other in study.players if _judges_others(study, update, other)}
    for event, term in terms:
        if term.weight == 0:
            continue
        link = _link(study, event, term, update.player)
        if link.kind == "zero":
            if not any(value.id in event.zeroed for value in link.culprits):
                continue
        elif link.kind != "cut" or not link.culprits or (event.order, term.value.id) in penalties:
            continue
        if _trains_partner(study, event, term, update, judges) or exchanges.hold(study, term):
            continue
        code, culprits = _explained(study, event, term, link.culprits, link.kind)
        if code != "GG401" and culprits:
            yield DeadTerm(update, event, term, culprits[0], culprits[1:])


def _is_idle(study: Study, event: Backward, update: Update) -> bool:
    """A pass of a player that is never stepped, left over before this step: it fills that player,
    and nothing of the one that steps."""
    filled = [player for player in study.players if player.parameters & event.deposits.keys()]
    stepped = {other.player.id for other in study.updates}
    return bool(filled) and all(
        player.optimizers and player.id not in stepped and player.id != update.player.id
        for player in filled
    )


def _link(study: Study, event: Backward, term: Term, player: Player) -> Link:
    """As the flow tells it, but a Function that returned no gradient for its only input cuts."""
    roots = (term.value.id,)
    link = study.flow.link(roots, event, player.parameters)
    if link.kind == "live" and event.refused:
        for identity in sorted(event.refused & study.flow.below(*roots)):
            value = study.run.values[identity]
            alone = sum(edge.live for edge in value.inputs) == 1
            if alone and study.flow.bars(identity, roots, event, player.parameters):
                return Link("cut", (value,))
    return link


def _explained(
    study: Study, event: Backward, term: Term, culprits: tuple[Value, ...], kind: str
) -> tuple[str, tuple[Value, ...]]:
    if kind == "zero":
        return "GG104", culprits
    first = culprits[0]
    rebuilt = study.flow.rebuilt_after(first, [term.value.id])
    if first.cut == "grad":
        return "GG401", culprits
    return ("GG105", (rebuilt, first)) if rebuilt is not None else ("GG101", culprits)


def _trains_partner(
    study: Study, event: Backward, term: Term, update: Update, judges: set[int]
) -> bool:
    """Another player is meant to learn from this term: it steps on the pass, or the term is the
    discriminator's own loss in a joint one."""
    live = study.flow.reached(term.value.id, event).live
    for other in study.players:
        if other.id == update.player.id or not live & other.parameters:
            continue
        if any((event.order, p) in study.ledger.consumed for p in live & other.parameters):
            if other.id in study.ownership.owners(event):
                return True
        elif other.id in judges and not study.adversaries.pushes_against(
            event, term.value.id, update.player, other
        ):  # else it pushes the judge's opinion against what the judge steps on elsewhere
            return True
    return False


def _judges_others(study: Study, update: Update, judge: Player) -> bool:
    """The passes before this step also have the judge look at values that the player did not make,
    in a term of its own: then a term that trains the judge is its own loss, not a cut adversarial
    one."""
    for other in study.own_passes(update):
        for part in study.terms(other) if other.traced else ():
            makers = study.meetings.upstream.get(part.value.id, frozenset())
            live = study.flow.reached(part.value.id, other).live
            if live & judge.parameters and update.player.id not in makers:
                return True
    return False


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
            place
            for place in (
                made_at(study, event, player),
                (term_place, "the term that trains nobody"),
                (event.location, "the backward pass"),
                stepped_at(dead.update.step.location, player),
            )
            if place[0] is not None
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
