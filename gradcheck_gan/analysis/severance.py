"""Players that step without any gradient: by hooks, never by a walk; walks say where and why."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.crashed import severed_by_crash
from gradcheck_gan.analysis.culprits import code_and_culprits, code_of_refusal, refusing_value
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.severed import Severance, joined
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.turns import in_judges_turn, rests, sees_data
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.run import Backward


def severances(study: Study) -> list[Severance]:
    found = [
        severance
        for player in study.players
        if player.optimizers
        for updates in study.updates_by_optimizer(player)
        for severance in _of_player(study, player, updates)
    ]
    return found + list(severed_by_crash(study))


def _of_player(study: Study, player: Player, updates: list[Update]) -> Iterator[Severance]:
    empty = [update for update in updates if update.is_empty and _had_passes(update)]
    if not empty:
        yield from _filled_up(study, player, updates)
        return
    lively = any(not update.is_empty for update in study.updates_of(player))
    judged: dict[frozenset[str], list[tuple[Update, tuple[Backward, ...]]]] = {}
    for update, events in _meant_for(study, empty, lively=lively):
        sites = frozenset(event.site for event in events)
        judged.setdefault(sites, []).append((update, events))
    found = (
        _judge(study, player, cases)
        for sites, cases in judged.items()
        if not _ever_deposits(study, player, sites)
    )
    alike = joined(severance for severance in found if severance is not None)
    yield from alike if lively else alike[:1]


def _had_passes(update: Update) -> bool:
    """A pass from a leaf explains by itself why nothing was found."""
    leaves = [event.root_is_leaf for event in update.block.passes]
    return bool(leaves) and not any(leaves)


def _filled_up(study: Study, player: Player, updates: list[Update]) -> Iterator[Severance]:
    """What a node refused comes down as zeros where another one below it needs numbers."""
    cases = [(one, tuple(study.own_passes(one))) for one in updates if one.consumed]
    every = [event for _, events in cases for event in events]
    deposits = [d for event in every for p, d in event.deposits.items() if p in player.parameters]
    if any(not deposit.zero for deposit in deposits):
        return
    refused = refusing_value(study, [(event, study.link(event, player)) for event in every], player)
    if refused is not None:
        rounds = tuple(update.step.round for update, _ in cases)
        update, events = cases[0]
        code = code_of_refusal(refused)
        yield Severance(code, player, events, update.step, refused, (), len(cases), rounds)


def _ever_deposits(study: Study, player: Player, sites: frozenset[str]) -> bool:
    return any(
        event.site in sites and not player.parameters.isdisjoint(event.deposits)
        for event in study.ledger.passes.values()
    )


def _meant_for(
    study: Study, updates: list[Update], *, lively: bool
) -> list[tuple[Update, tuple[Backward, ...]]]:
    """Passes of each block that could be the player's own: those that nobody else steps on; where
    there are none in the whole run, those that do not look like a discriminator's own."""
    free = [(update, _free(study, update, lively=lively)) for update in updates]
    if lively:
        # Another's loss, whose own step is missing, may stand before a step that finds nothing.
        free = [
            (update, tuple(e for e in events if not in_judges_turn(study, e, update)))
            for update, events in free
        ]
    if lively or any(events for _, events in free):
        return [(update, events) for update, events in free if events]
    generated = [
        (
            update,
            tuple(e for e in _unclaimed(study, update) if not _is_judges(study, e, update.player)),
        )
        for update in updates
    ]
    return [(update, events) for update, events in generated if events]


def _candidates(update: Update) -> tuple[Backward, ...]:
    return tuple(e for e in update.block.passes if e.traced and not e.root_is_leaf)


def _unclaimed(study: Study, update: Update) -> tuple[Backward, ...]:
    """Passes of the block, but one that an earlier of its steps used alone: that was his."""
    earlier = [
        other
        for other in study.updates
        if other.block is update.block and other.step.order < update.step.order
    ]
    used = {other.consumed for other in earlier}
    return tuple(event for event in _candidates(update) if (event.order,) not in used)


def _free(study: Study, update: Update, *, lively: bool) -> tuple[Backward, ...]:
    """Passes that nobody else owns, those that each such step consumes for a partner, and those
    that only partners own, who find nothing either."""
    same = [other for other in study.updates if other.step.order == update.step.order]
    partners = {update.player.id} if lively else {other.player.id for other in same}
    shared = {order for other in same if not lively for order in other.consumed}
    return tuple(
        e for e in _candidates(update) if e.order in shared or study.ownership.owners(e) <= partners
    )


def _is_judges(study: Study, event: Backward, player: Player) -> bool:
    """The look of a discriminator's own pass, or one part of its own loss: its only look at this
    player's values in a step that also rests on other values."""
    return sees_data(study, event, player) or any(
        update.player.id != player.id
        and event.order in update.consumed
        and event in update.block.passes
        and _is_only_look(study, event, update, player)
        for update in study.updates
    )


def _is_only_look(study: Study, event: Backward, update: Update, player: Player) -> bool:
    passes = [e for e in update.block.passes if e.order in update.consumed]
    looks = [e for e in passes if study.meetings.feeds(e, player.id, update.player.id)]
    return looks == [event] and any(sees_data(study, e, player) for e in passes)


def _judge(
    study: Study, player: Player, cases: list[tuple[Update, tuple[Backward, ...]]]
) -> Severance | None:
    update, events = cases[0]
    rounds = tuple(case.step.round for case, _ in cases)
    every = [event for _, found in cases for event in found]
    links = [(event, study.link(event, player)) for event in every]
    kinds = {link.kind for _, link in links}
    refused = refusing_value(study, links, player)
    if refused is not None:
        code = code_of_refusal(refused)
        return Severance(code, player, events, update.step, refused, (), len(cases), rounds)
    if kinds & {"live", "zero"} or all(rests(study, e, player) for e in every):
        return None
    chosen = code_and_culprits(study, links, player)
    if chosen is None and not _steps_on_nothing(study, update):
        return None
    code, culprits = chosen or ("GG109", ())
    culprit = culprits[0] if culprits else None
    return Severance(
        code, player, events, update.step, culprit, tuple(culprits[1:]), len(cases), rounds
    )


def _steps_on_nothing(study: Study, update: Update) -> bool:
    """Nobody in the whole optimizer got anything: not merely an unused part of it."""
    beside = [
        other
        for other in study.updates
        if other.step.optimizer == update.step.optimizer and not other.is_empty
    ]
    return not beside
