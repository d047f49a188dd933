"""Optimizers that hold the parameters of the adversary, told by what they step on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.run import Backward, Optimizer

How = Literal["on its pass", "on nothing", "on what was used", "on others' passes"]


@dataclass(frozen=True, slots=True)
class Foreign:
    """`optimizer` should train `owner`, whom `event` trains, and steps `stranger` too, or only.

    Of a `stranger` that is only one half of its adversary, `judge` is the other.
    """

    optimizer: Optimizer
    owner: Player
    stranger: Player
    update: Update
    event: Backward
    how: How = "on its pass"
    judge: Player | None = None


def find_foreign(study: Study, update: Update) -> Foreign | None:
    kinds: tuple[Callable[[Study, Update], Foreign | None], ...] = (
        _holds_both,
        _holds_maker,
        _holds_only_judge,
        _is_swapped,
        _holds_the_wrong_one,
        _holds_another,
        _holds_trunk,
    )
    return next((found for kind in kinds if (found := kind(study, update)) is not None), None)


def _holds_both(study: Study, update: Update) -> Foreign | None:
    """Every optimizer of the maker holds the judge too; this one steps it on the maker's pass."""
    judge, optimizer = update.player, update.step.optimizer
    for maker in study.players:
        if optimizer not in maker.optimizers or not set(maker.optimizers) <= set(judge.optimizers):
            continue
        if (maker.id, judge.id) not in study.adversaries.pairs:
            continue
        if study.trunks.judges(judge, maker):
            continue
        for order in update.consumed:
            event = study.ledger.passes[order]
            trained = any((order, p) in study.ledger.consumed for p in maker.parameters)
            through = any(
                entry.player == judge.id and maker.id in entry.live
                for entry in study.meetings.in_pass(event)
            )
            if trained and through:
                return Foreign(study.run.optimizers[optimizer], maker, judge, update, event)
    return None


def _holds_maker(study: Study, update: Update) -> Foreign | None:
    """The mirror: every optimizer of the judge also steps the maker, on the judge's own pass."""
    maker, optimizer = update.player, update.step.optimizer
    for judge in study.players:
        if optimizer not in judge.optimizers or not set(judge.optimizers) <= set(maker.optimizers):
            continue
        if (maker.id, judge.id) not in study.adversaries.pairs or len(maker.optimizers) < 2:
            continue
        for order in update.consumed:
            event = study.ledger.passes[order]
            entries = [entry for entry in study.meetings.in_pass(event) if entry.player == judge.id]
            through = any(maker.id in entry.live for entry in entries)
            if through and any(entry.shows_others(maker.id) for entry in entries):
                return Foreign(study.run.optimizers[optimizer], judge, maker, update, event)
    return None


def _is_swapped(study: Study, update: Update) -> Foreign | None:
    """The judge is stepped only on passes that show it the maker's attached values, its own passes
    are used by nobody; and the maker's optimizer steps on nothing though passes do fill it."""
    judge = update.player
    for maker in study.players:
        if set(maker.optimizers) & set(judge.optimizers) or not maker.optimizers:
            continue
        if any(other.consumed for other in study.updates_of(maker)):
            continue
        used = {order for other in study.updates_of(judge) for order in other.consumed}
        events = [study.ledger.passes[order] for order in sorted(used)]
        if not all(_judges_only(study, event, judge, {maker.id}) for event in events) or not events:
            continue
        if _has_unused_pass(study, judge, maker) and update.consumed:
            held = study.run.optimizers[update.step.optimizer]
            return Foreign(held, maker, judge, update, study.ledger.passes[update.consumed[-1]])
    return None


def _has_unused_pass(study: Study, judge: Player, maker: Player) -> bool:
    """A pass filled the judge, showed it more than the maker's values, and nobody stepped on it."""
    return any(
        not judge.parameters.isdisjoint(event.deposits)
        and not any((event.order, p) in study.ledger.consumed for p in event.deposits)
        and any(
            entry.player == judge.id and entry.shows_others(maker.id)
            for entry in study.meetings.in_pass(event)
        )
        for event in study.ledger.passes.values()
    )


def _holds_only_judge(study: Study, update: Update) -> Foreign | None:
    """Two optimizers hold the judge; this one steps it on passes that judge attached values of a
    maker who steps on none of them, while the other steps it on passes where these are cut off or
    stand beside other values."""
    judge = update.player
    held = study.run.optimizers[update.step.optimizer]
    if len(judge.optimizers) < 2 or not held.parameters <= judge.parameters:
        return None
    for order in update.consumed:
        event = study.ledger.passes[order]
        idle = {player.id for player in study.players if _is_left_alone(study, event, player)}
        judged = {
            maker
            for entry in study.meetings.heard_in(event, judge.id)
            for maker in entry.live & idle
        }
        for maker in study.ordered(study.player_by_id[one] for one in judged):
            only = _judges_only(study, event, judge, judged)
            beside = not maker.optimizers and only and _other_sees(study, update, maker.id)
            if beside or _other_cuts(study, update, maker.id):
                return Foreign(held, maker, judge, update, event)
    return None


def _is_left_alone(study: Study, event: Backward, player: Player) -> bool:
    """The pass fills the player, and no step uses that."""
    filled = player.parameters & event.deposits.keys()
    return bool(filled) and not any((event.order, p) in study.ledger.consumed for p in filled)


def _judges_only(study: Study, event: Backward, judge: Player, makers: set[int]) -> bool:
    entries = study.meetings.heard_in(event, judge.id)
    return bool(entries) and all(entry.live & makers for entry in entries)


def _other_sees(study: Study, update: Update, maker: int) -> bool:
    """Another optimizer steps the judge on passes that also show it other values."""
    return any(
        any(
            entry.player == update.player.id and entry.shows_others(maker)
            for entry in study.meetings.in_pass(event)
        )
        for event in _passes_of_others(study, update)
    )


def _other_cuts(study: Study, update: Update, maker: int) -> bool:
    """Another optimizer steps the judge on passes that show it the maker's values cut off."""
    shown = [
        [e for e in study.meetings.heard_in(event, update.player.id) if maker in e.made_by]
        for event in _passes_of_others(study, update)
    ]
    return any(shown) and all(maker not in entry.live for entries in shown for entry in entries)


def _passes_of_others(study: Study, update: Update) -> list[Backward]:
    """Passes right before steps of the same player by other optimizers, which used them."""
    return [
        event
        for other in study.updates_of(update.player)
        if other.step.optimizer != update.step.optimizer
        for event in other.block.passes
        if event.order in other.consumed
    ]


def _holds_the_wrong_one(study: Study, update: Update) -> Foreign | None:
    """Right before each of its steps a pass fills a player that no optimizer holds, and nothing of
    what this optimizer holds, which another one trains."""
    held, player = study.run.optimizers[update.step.optimizer], update.player
    mine = [other for other in study.updates if other.step.optimizer == held.id]
    others = _passes_of_others(study, update)
    if not others or not study.is_proven(len(mine)):
        return None
    for left in study.players:
        events = [_fills_instead(other, left, held) for other in mine]
        if not left.optimizers and all(events) and events[-1] is not None:
            how: How = "on what was used" if _is_used(update, others) else "on others' passes"
            if not update.consumed:
                how = "on nothing"
            return Foreign(held, left, player, update, events[-1], how)
    return None


def _fills_instead(update: Update, left: Player, held: Optimizer) -> Backward | None:
    """The last pass before the step, if it fills the player and nothing that is stepped."""
    passes = [event for event in update.block.passes if event.deposits]
    if not passes or left.parameters.isdisjoint(passes[-1].deposits):
        return None
    return passes[-1] if held.parameters.isdisjoint(passes[-1].deposits) else None


def _holds_another(study: Study, update: Update) -> Foreign | None:
    """The optimizer trains one player and also steps another, which has an optimizer of its own:
    on what that one has used before, or, of its adversary, on passes that do not train the first.
    """
    player, optimizer = update.player, update.step.optimizer
    mine = [u for u in study.updates_of(player) if u.step.optimizer == optimizer and u.consumed]
    others = _passes_of_others(study, update)
    if not others or not update.consumed:
        return None
    for owner in study.players:
        if owner.id == player.id or optimizer not in owner.optimizers:
            continue
        own = {u.step.order: u for u in study.updates_of(owner) if u.step.optimizer == optimizer}
        if not all(_has_pass(own.get(u.step.order)) for u in mine):
            continue
        event = study.ledger.passes[own[update.step.order].consumed[-1]]
        held = study.run.optimizers[optimizer]
        if all(_is_used(u, others) for u in mine):
            return Foreign(held, owner, player, update, event, "on what was used")
        apart = all(set(u.consumed).isdisjoint(own[u.step.order].consumed) for u in mine)
        half = study.trunks.judges(player, owner)
        if apart and not half and study.adversaries.between(owner.id, player.id):
            return Foreign(held, owner, player, update, event, "on others' passes")
    return None


def _has_pass(update: Update | None) -> bool:
    return update is not None and any(e.order in update.consumed for e in update.block.passes)


def _is_used(update: Update, others: list[Backward]) -> bool:
    """Other optimizers stepped the player on all this before, and no pass brought anything new."""
    fresh = {event.order for event in update.block.passes}
    return set(update.consumed) <= {event.order for event in others} - fresh


def _holds_trunk(study: Study, update: Update) -> Foreign | None:
    """The maker's optimizer steps what its judge hears it through, on a pass that brings the
    judge's opinion of it to both; other optimizers train the two halves of the judge."""
    part, optimizer = update.player, update.step.optimizer
    for maker in study.players:
        for judge in study.trunks.judges(part, maker):
            if optimizer not in maker.optimizers or optimizer in judge.optimizers:
                continue
            for event in (study.ledger.passes[order] for order in update.consumed):
                heard = study.trunks.hears(event, part, judge, maker)
                if heard and _steps_on(study, maker, update, event):
                    held = study.run.optimizers[optimizer]
                    return Foreign(held, maker, part, update, event, judge=judge)
    return None


def _steps_on(study: Study, player: Player, update: Update, event: Backward) -> bool:
    """This very step moves the player, too, by what the pass left in it."""
    return any(
        other.step.order == update.step.order and event.order in other.consumed
        for other in study.updates_of(player)
    )
