"""Deposits that a step consumed though they belong to the adversary."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.severance import severances
from gradcheck_gan.analysis.signals import OPPOSED, cosine
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.run import Backward
from gradcheck_gan.words import listed

DIRECTIONS = 64
"""Of the gradients that one player's calls get in one pass, so many different ones are compared."""


@dataclass(frozen=True, slots=True)
class Leak:
    """`foreign` passes belong to `owners`; `own` are the others that the step consumed.

    `leftover` are passes that earlier steps of the player had used and that still lay there.
    Where the player is one half of a judge, `judge` is the other.
    """

    update: Update
    owners: tuple[Player, ...]
    foreign: tuple[Backward, ...]
    own: tuple[Backward, ...]
    leftover: tuple[Backward, ...] = ()
    judge: Player | None = None

    @property
    def owner(self) -> Player:
        return self.owners[0]

    @property
    def whose(self) -> str:
        return listed(tuple(owner.name for owner in self.owners))

    @property
    def filled(self) -> frozenset[int]:
        """Parameters of the stepping player in which the foreign passes left gradient."""
        deposited = frozenset[int]().union(*(event.deposits for event in self.foreign))
        return self.update.player.parameters & deposited

    @property
    def subjects(self) -> frozenset[tuple[int, str]]:
        player = self.update.player.id
        return frozenset((player, event.site) for event in self.foreign)


def leaks(study: Study) -> Iterator[Leak]:
    severed = {
        subject
        for severance in severances(study)
        if severance.culprit is not None and not severance.would_be
        for subject in severance.subjects
    }
    for update in study.updates:
        if not update.known:
            continue
        yield from _of_update(study, update, severed)
        yield from _of_trunk(study, update)


def _of_update(study: Study, update: Update, severed: Container[tuple[int, str]]) -> Iterator[Leak]:
    """One leak for all who own the same passes: partners share theirs."""
    events = [study.ledger.passes[order] for order in update.consumed]
    found: dict[tuple[int, ...], list[Player]] = {}
    for owner in study.players:
        if study.trunks.judges(update.player, owner):
            continue
        if study.adversaries.between(owner.id, update.player.id):
            orders = tuple(
                event.order
                for event in events
                if _is_foreign(study, event, update, owner, severed)
                and not _is_joint(study, update, event, owner)
            )
            if orders:
                found.setdefault(orders, []).append(owner)
    for orders, owners in found.items():
        yield _leak(study, update, orders, owners)


def _leak(
    study: Study,
    update: Update,
    orders: tuple[int, ...],
    owners: list[Player],
    judge: Player | None = None,
) -> Leak:
    events = [study.ledger.passes[order] for order in update.consumed]
    used = _used_before(study, update)
    foreign = tuple(event for event in events if event.order in orders)
    rest = [event for event in events if event.order not in orders]
    own = tuple(event for event in rest if event.order not in used)
    leftover = tuple(event for event in rest if event.order in used)
    return Leak(update, tuple(owners), foreign, own, leftover, judge)


def _of_trunk(study: Study, update: Update) -> Iterator[Leak]:
    """The half of a judge consumed its opinion of the maker in the maker's passes, and the other
    half did not."""
    part = update.player
    for maker in study.players:
        for judge in study.trunks.judges(part, maker):
            orders = tuple(
                event.order
                for event in (study.ledger.passes[order] for order in update.consumed)
                if maker.id in study.ownership.owners(event)
                and not any((event.order, p) in study.ledger.consumed for p in judge.parameters)
                and study.trunks.hears(event, part, judge, maker)
                and not _is_joint(study, update, event, maker)
            )
            if orders:
                yield _leak(study, update, orders, [maker], judge)


def _used_before(study: Study, update: Update) -> frozenset[int]:
    """Passes on which the player stepped already, right after they had run."""
    return frozenset(
        event.order
        for earlier in study.updates_of(update.player)
        if earlier.step.order < update.step.order
        for event in earlier.block.passes
        if event.order in earlier.consumed
    )


def _is_foreign(
    study: Study,
    event: Backward,
    update: Update,
    owner: Player,
    severed: Container[tuple[int, str]],
) -> bool:
    """The pass is the owner's own, or was to be and is cut off from him on the way."""
    if (owner.id, event.site) in severed:
        return is_judge_of(study, update.player, owner)
    return _is_settled(study, event, update, owner)


def _is_settled(study: Study, event: Backward, update: Update, adversary: Player) -> bool:
    """Whether a pass is the adversary's and not the player's.

    Where both step on the site right after its passes, it is his who has no other pass of his own;
    if that does not tell, a pass in which the judge also sees other values is the judge's.
    """
    player = update.player
    owners = study.ownership.owners(event)
    if adversary.id not in owners:
        fresh = event.order not in _used_before(study, update)
        return fresh and _is_meant_for(study, update, adversary)
    if player.id not in owners:
        return True
    exclusive = study.ownership.exclusive_sites()
    mine, his = bool(exclusive.get(player.id)), bool(exclusive.get(adversary.id))
    if mine != his:
        return mine
    judge_sees_others = _judge_sees_others(study, event, player, adversary)
    player_is_judge = (adversary.id, player.id) in study.adversaries.pairs
    return not judge_sees_others if player_is_judge else judge_sees_others


def _is_joint(study: Study, update: Update, event: Backward, owner: Player) -> bool:
    """One optimizer steps both on this pass, or would if one were not cut off from it: meant, or
    else the optimizer is the fault."""
    return any(
        other.player.id == owner.id
        and other.step.order == update.step.order
        and (event.order in other.consumed or other.is_empty)
        for other in study.updates
    )


def _is_meant_for(study: Study, update: Update, maker: Player) -> bool:
    """The maker has an optimizer that never got to step on anything, while this step of the judge
    rests on nothing new but attached values of the maker, and of others of whom the same is true,
    against the judge's other steps."""
    judge = update.player
    idle = {player.id for player in study.players if _is_idle_maker(study, player, judge)}
    if maker.id not in idle:
        return False
    fresh = frozenset(update.consumed) - _used_before(study, update)
    events = [study.ledger.passes[order] for order in fresh]
    if {event.site for event in events} <= study.adversaries.passed_over(maker, judge):
        return True
    entries = [entry for event in events for entry in study.meetings.heard_in(event, judge.id)]
    live = [entry.live & idle for entry in entries]
    return all(live) and any(maker.id in makers for makers in live)


def _is_idle_maker(study: Study, maker: Player, judge: Player) -> bool:
    return (
        (maker.id, judge.id) in study.adversaries.pairs
        and bool(maker.optimizers)
        and not any(update.consumed for update in study.updates_of(maker))
    )


def _judge_sees_others(study: Study, event: Backward, one: Player, other: Player) -> bool:
    judge, maker = (one, other) if (other.id, one.id) in study.adversaries.pairs else (other, one)
    return any(
        entry.player == judge.id and entry.shows_others(maker.id)
        for entry in study.meetings.in_pass(event)
    )


def concerns_judge(study: Study, leak: Leak) -> bool:
    """Whether it is the judge, or one half of it, that consumed what is the maker's."""
    return leak.judge is not None or is_judge_of(study, leak.update.player, leak.owner)


def is_judge_of(study: Study, judge: Player, maker: Player) -> bool:
    return (maker.id, judge.id) in study.adversaries.pairs


def is_summed(study: Study, leak: Leak) -> bool:
    """The foreign pass is a sum of both players' losses, told as such by another rule."""
    judge, maker = leak.update.player, leak.owner
    if not is_judge_of(study, judge, maker):
        judge, maker = maker, judge
    both = {judge.id, maker.id}
    return any(
        both <= study.ownership.owners(event) and _sums_both(study, event, judge, maker)
        for event in leak.foreign
    )


def summed_updates(study: Study) -> Iterator[tuple[Update, tuple[Player, ...], Backward]]:
    """Steps of a judge on a pass on which its makers step as well, and which sums both losses."""
    for update in study.updates:
        for event in (study.ledger.passes[order] for order in update.consumed):
            owners = study.ownership.owners(event)
            makers = tuple(
                maker
                for maker in study.players
                if {maker.id, update.player.id} <= owners
                and not _is_joint(study, update, event, maker)
                and _sums_both(study, event, update.player, maker)
            )
            if makers:
                yield update, makers, event


def _sums_both(study: Study, event: Backward, judge: Player, maker: Player) -> bool:
    """The judge sees the maker's values twice in this pass: once for its own loss, once for his.

    Told by what it is pushed to: in opposite directions, or once with the maker cut off and once
    with the maker attached. A Function that turns the sign on the way makes one pass right for
    both.
    """
    if not is_judge_of(study, judge, maker):
        return False
    seen = [
        entry
        for entry in study.meetings.in_pass(event)
        if entry.player == judge.id
        and maker.id in entry.made_by
        # A call that is only differentiated for a penalty sends no signal of its own.
        and (entry.call is None or entry.call.id in event.signals)
    ]
    if any(study.meetings.is_reversed(event, entry, maker.id) for entry in seen):
        return False
    attached = [entry for entry in seen if maker.id in entry.live]
    signals = [event.signals.get(entry.call.id, ()) for entry in seen if entry.call is not None]
    signals = list(dict.fromkeys(signals))[:DIRECTIONS]
    opposed = any(
        cosine(one, other) < OPPOSED
        for index, one in enumerate(signals)
        for other in signals[index + 1 :]
        if len(one) == len(other)
    )
    return bool(attached) and (opposed or len(attached) < len(seen))
