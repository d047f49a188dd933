"""GG204: the optimizer that trains one player alone also holds, or only holds, the adversary's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck_gan.players import Player
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Backward, Optimizer
from gradcheck_gan.study import Study
from gradcheck_gan.updates import Update
from gradcheck_gan.wording import at, stepped_at
from gradcheck_gan.words import counted

RULE = Rule(
    "GG204",
    "foreign-parameters",
    "error",
    "an optimizer that trains one player holds the parameters of its adversary",
    folds_under=frozenset({"GG112"}),
)


@dataclass(frozen=True, slots=True)
class Foreign:
    """`judge` is stepped by the optimizer on a pass that trains `maker`, its adversary; `idle`
    if that pass leaves nothing in `judge`."""

    optimizer: Optimizer
    maker: Player
    judge: Player
    update: Update
    event: Backward
    idle: bool = False


def check(study: Study) -> Iterator[Claim]:
    for update in study.updates:
        found = (
            _holds_both(study, update)
            or _holds_maker(study, update)
            or _holds_only_judge(study, update)
            or _is_swapped(study, update)
            or _holds_the_wrong_one(study, update)
        )
        if found is not None:
            yield _claim(study, found)


def _holds_both(study: Study, update: Update) -> Foreign | None:
    """Every optimizer of the maker holds the judge too; this one steps it on the maker's pass."""
    judge, optimizer = update.player, update.step.optimizer
    for maker in study.players:
        if optimizer not in maker.optimizers or not set(maker.optimizers) <= set(judge.optimizers):
            continue
        if (maker.id, judge.id) not in study.adversaries.pairs:
            continue
        for order in update.consumed:
            event = study.ledger.passes[order]
            trained = any((order, p) in study.ledger.consumed for p in maker.parameters)
            through = any(
                entry.player == judge.id and maker.id in entry.live
                for entry in study.meetings.in_pass(event)
            )
            if trained and through:
                held = study.run.optimizers[optimizer]
                return Foreign(held, maker, judge, update, event)
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
            if through and any(maker.id not in entry.made_by for entry in entries):
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
        if not all(_judges_only(study, event, judge, maker) for event in events) or not events:
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
            entry.player == judge.id and maker.id not in entry.made_by
            for entry in study.meetings.in_pass(event)
        )
        for event in study.ledger.passes.values()
    )


def _holds_only_judge(study: Study, update: Update) -> Foreign | None:
    """Two optimizers hold the judge; this one steps it on passes that only judge a maker whom no
    optimizer holds, while the other steps it on passes that also judge other values."""
    judge = update.player
    if len(judge.optimizers) < 2:
        return None
    held = study.run.optimizers[update.step.optimizer]
    if not held.parameters <= judge.parameters:
        return None
    for order in update.consumed:
        event = study.ledger.passes[order]
        for maker in study.players:
            if (
                not maker.optimizers
                and _judges_only(study, event, judge, maker)
                and _other_sees_more(study, update, judge, maker)
            ):
                return Foreign(held, maker, judge, update, event)
    return None


def _holds_the_wrong_one(study: Study, update: Update) -> Foreign | None:
    """The optimizer never finds anything in a player that another optimizer trains, while the
    passes before its steps fill a player that no optimizer holds."""
    held, player = study.run.optimizers[update.step.optimizer], update.player
    mine = [other for other in study.updates if other.step.optimizer == held.id]
    trained = any(u.consumed and u.step.optimizer != held.id for u in study.updates_of(player))
    if not trained or not all(other.is_empty for other in mine):
        return None
    for left in study.players:
        events = [_unused_pass(study, other, left) for other in mine]
        if not left.optimizers and all(events) and events[-1] is not None:
            return Foreign(held, left, player, update, events[-1], idle=True)
    return None


def _unused_pass(study: Study, update: Update, player: Player) -> Backward | None:
    """A pass just before the step that fills the player, if nobody steps on any of them."""
    passes = [event for event in update.block.passes if event.deposits]
    used = any((e.order, p) in study.ledger.consumed for e in passes for p in e.deposits)
    filled = [event for event in passes if not player.parameters.isdisjoint(event.deposits)]
    return filled[-1] if filled and not used else None


def _judges_only(study: Study, event: Backward, judge: Player, maker: Player) -> bool:
    entries = [entry for entry in study.meetings.in_pass(event) if entry.player == judge.id]
    filled = not maker.parameters.isdisjoint(event.deposits)
    return filled and bool(entries) and all(maker.id in entry.live for entry in entries)


def _other_sees_more(study: Study, update: Update, judge: Player, maker: Player) -> bool:
    return any(
        maker.id not in entry.made_by
        for other in study.updates_of(judge)
        if other.step.optimizer != update.step.optimizer
        for order in other.consumed
        for entry in study.meetings.in_pass(study.ledger.passes[order])
        if entry.player == judge.id
    )


def _claim(study: Study, found: Foreign) -> Claim:
    optimizer, maker, judge = found.optimizer, found.maker, found.judge
    held = len(optimizer.parameters & judge.parameters)
    own = len(optimizer.parameters & maker.parameters)
    steps = (
        f"finds no gradient after the backward pass at {at(found.event.location)}, which fills "
        f"{maker.name}"
        if found.idle
        else f"steps {judge.name} on the backward pass at {at(found.event.location)}, which trains "
        f"{maker.name}"
    )
    return RULE.claim(
        f"{optimizer.name} holds {held} of {counted(len(judge.parameters), 'parameter')} of "
        f"{judge.name} and {own} of {len(maker.parameters)} of {maker.name}, and {steps}",
        optimizer.made or found.update.step.location,
        f"Give {optimizer.name} the parameters of {maker.name} only: "
        f"{optimizer.class_name}({maker.name}.parameters(), ...).",
        subjects={
            (player.id, event.site)
            for player in (maker, judge)
            for event in study.ledger.passes.values()
        },
        related=[
            (found.event.location, f"the backward pass that trains {maker.name}"),
            stepped_at(found.update.step.location, judge),
        ],
        player=judge.name,
        evidence={
            "optimizer": optimizer.name,
            "foreign_parameters_held": held,
            "own_parameters_held": own,
        },
        rounds=[found.update.step.round],
    )
