"""Whole modules that no optimizer holds, though a term of the loss depends on nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.terms import Term
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Backward
from gradcheck_gan.words import counted, listed


@dataclass(frozen=True, slots=True)
class LeftOut:
    """In the pass of an update `term` trains nobody but `players`, who have no optimizer."""

    update: Update
    event: Backward
    term: Term
    players: frozenset[int]


def left_out(study: Study, rule: Rule) -> Iterator[Claim]:
    """A perceptual net or a pretrained encoder has no such term: what it says is of others."""
    free = {
        player.id
        for player in study.players
        if not player.optimizers and study.moved_by_hand.isdisjoint(player.parameters)
    }
    for player in study.players if free else ():
        for updates in study.updates_by_optimizer(player):
            stepped = [update for update in updates if update.consumed]
            cases = [case for update in stepped for case in _cases(study, update, free)]
            always = {case.update.step.order for case in cases}
            if cases and len(always) == len(stepped) and study.is_proven(len(stepped)):
                yield _claim(study, rule, player, cases)


def _cases(study: Study, update: Update, free: set[int]) -> Iterator[LeftOut]:
    for event in study.own_passes(update):
        for term in study.terms(event) if event.traced and event.error is None else ():
            players = study.meetings.upstream.get(term.value.id, frozenset())
            if term.weight and players and players <= free and _fills(study, event, term, players):
                yield LeftOut(update, event, term, players)


def _fills(study: Study, event: Backward, term: Term, players: frozenset[int]) -> bool:
    """It has a gradient for each, which it computed from values that their modules returned."""
    below = study.flow.below(term.value.id)
    ran = {
        entry.player
        for entry in study.meetings.in_pass(event)
        if entry.call is not None and not entry.values.isdisjoint(below)
    }
    return players <= ran and all(
        study.flow.link((term.value.id,), event, study.player_by_id[one].parameters).kind == "live"
        and not study.player_by_id[one].parameters.isdisjoint(event.deposits)
        for one in players
    )


def _claim(study: Study, rule: Rule, player: Player, cases: list[LeftOut]) -> Claim:
    case = cases[0]
    held = study.run.optimizers[case.update.step.optimizer]
    players = study.ordered(study.player_by_id[p] for p in frozenset().union(*_players(cases)))
    names = listed(one.name for one in players)
    count = sum(len(one.parameters) for one in players)
    steps = {one.update.step.order for one in cases}
    return rule.claim(
        f"{counted(count, 'parameter')} of {names} got gradient "
        f"in each of {counted(len(steps), 'update')} of {player.name} and "
        f"{'is' if count == 1 else 'are'} in no optimizer, though the term computed at "
        f"{at(case.term.value.location)} depends on nothing else: it trains nobody",
        held.made,
        f"Give {held.name} the parameters of {names} too; or, if they should stay as they are, "
        "call requires_grad_(False) on them and leave the term out.",
        subjects={(one, c.event.site) for c in cases for one in (player.id, *c.players)},
        related=[
            (case.term.value.location, "the term that nobody is trained by"),
            (case.update.step.location, f"{player.name} is stepped here"),
        ],
        player=players[0].name,
        evidence={"parameters": count, "parameters_unowned": count, "updates": len(steps)},
        rounds=sorted({one.update.step.round for one in cases}),
    )


def _players(cases: list[LeftOut]) -> list[frozenset[int]]:
    return [case.players for case in cases]
