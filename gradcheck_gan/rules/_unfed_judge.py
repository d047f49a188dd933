"""Terms on a judge that is never given what the stepping player made: they train nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck_gan.analysis.meetings import Entry
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.terms import Term
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.run import Backward


@dataclass(frozen=True, slots=True)
class UnfedTerm:
    """`entry` is where the judge was given other values."""

    update: Update
    event: Backward
    term: Term
    judge: Player
    entry: Entry


def unfed_terms(study: Study, player: Player) -> Iterator[UnfedTerm]:
    """Judges step on the player's values elsewhere; in no pass of the player's do they see one."""
    updates = [update for update in study.updates_of(player) if update.consumed]
    passes = {
        update.step.order: [e for e in study.own_passes(update) if e.traced and e.error is None]
        for update in updates
    }
    every = [event for events in passes.values() for event in events]
    judges = [judge for judge in study.players if _is_unfed(study, player, judge, every)]
    for update in updates:
        for event in passes[update.step.order]:
            for term in study.terms(event) if judges else ():
                for judge in judges:
                    entry = _entry(study, event, term, judge)
                    if entry is not None and _trains_nobody(study, event, term, player):
                        yield UnfedTerm(update, event, term, judge, entry)


def _is_unfed(study: Study, player: Player, judge: Player, passes: list[Backward]) -> bool:
    meetings = study.meetings
    if judge.id == player.id or not meetings.is_nominated(player.id, judge.id):
        return False
    if any(meetings.feeds(event, player.id, judge.id) for event in passes):
        return False
    if any(judge.id in study.ownership.owners(event) for event in passes):
        return False
    mine = {event.order for event in passes}
    return any(
        meetings.feeds(study.ledger.passes[order], player.id, judge.id)
        for update in study.updates_of(judge)
        for order in update.consumed
        if order not in mine
    )


def _entry(study: Study, event: Backward, term: Term, judge: Player) -> Entry | None:
    below = study.flow.below(term.value.id)
    inside = (
        entry
        for entry in study.meetings.in_pass(event)
        if entry.player == judge.id and not entry.values.isdisjoint(below)
    )
    return next(inside, None)


def _trains_nobody(study: Study, event: Backward, term: Term, player: Player) -> bool:
    """Nobody whom the term was computed from steps on it, and this player is not among them."""
    makers = study.meetings.upstream.get(term.value.id, frozenset())
    guessed = study.flow.reached(term.value.id, event).guessed
    if term.weight == 0 or player.id in makers or guessed & player.parameters:
        return False
    consumed = {parameter for order, parameter in study.ledger.consumed if order == event.order}
    return all(
        maker.parameters.isdisjoint(consumed) for maker in study.players if maker.id in makers
    )
