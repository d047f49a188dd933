"""Terms of a loss that were computed from a player through a cut, and train nobody who steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck_gan.analysis.exchanges import Exchanges, trains
from gradcheck_gan.analysis.flow import Link
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.terms import Term
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.run import Backward, Value


@dataclass(frozen=True, slots=True)
class DeadTerm:
    update: Update
    event: Backward
    term: Term
    culprit: Value
    others: tuple[Value, ...]


def dead_terms(study: Study, update: Update, penalties: set[tuple[int, int]]) -> Iterator[DeadTerm]:
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
