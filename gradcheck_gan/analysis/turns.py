"""Whose turn it was when a backward pass crashed."""

from __future__ import annotations

from collections.abc import Iterable

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.run import Backward


def about_to_step(study: Study, event: Backward) -> list[Player]:
    """Players that the crashed pass was for: who owns its site, else those whose turn it is."""
    candidates = in_turn(study, event)
    if study.ownership.owners(event):
        return candidates
    if _is_left_over(study, event):
        return []
    candidates = [player for player in candidates if not sees_data(study, event, player)]
    for is_left_out in (_is_put_aside, _only_judges, _waits):
        left = [p for p in candidates if not is_left_out(study, event, p, candidates)]
        candidates = left or candidates
    return candidates


def _is_left_over(study: Study, event: Backward) -> bool:
    """The loss was computed before the last step, of one whom its graph reaches, and may be the
    rest of what that player was to step on: it has not seen yet what others make, or is penalised.
    """
    steps = [c.step for c in study.ledger.consumptions if c.step.order < event.order]
    if not steps or max(event.roots, default=event.order) > steps[-1].order:
        return False
    judges = {p.id for p in study.players if not p.parameters.isdisjoint(steps[-1].gradients)}
    below = [study.run.values[v] for root in event.roots for v in study.flow.below(root)]
    if not any(value.parameter in steps[-1].gradients for value in below):
        return False
    earlier = (one for one in study.ledger.passes.values() if one.order < event.order)
    seen = (entry for one in earlier for entry in study.meetings.in_pass(one))
    judged = any(entry.player in judges and entry.made_by - judges for entry in seen)
    return not judged or any(value.kind == "grad" for value in below)


def _is_put_aside(study: Study, event: Backward, player: Player, among: list[Player]) -> bool:
    """Frozen for this pass, after one that reached it: others are trained meanwhile."""
    frozen = study.link(event, player).kind == "frozen"
    return frozen and _was_reached(study, event, player, study.ledger.passes.values())


def _only_judges(study: Study, event: Backward, player: Player, among: list[Player]) -> bool:
    """All that it sees here was made by others whose turn it may be, and it awaits no step."""
    makers = {other.id for other in among} - {player.id}
    entries = [e for e in study.meetings.in_pass(event) if e.player == player.id]
    fed = bool(entries) and all((entry.made_by - entry.partly) & makers for entry in entries)
    block = study.ledger.blocks[-1].passes
    return fed and not _was_reached(study, event, player, block)


def _waits(study: Study, event: Backward, player: Player, among: list[Player]) -> bool:
    """Earlier passes of the block reached another player of these, and not this one."""
    block = study.ledger.blocks[-1].passes
    reached = {p.id for p in among if _was_reached(study, event, p, block)}
    return bool(reached) and player.id not in reached


def _was_reached(study: Study, event: Backward, player: Player, passes: Iterable[Backward]) -> bool:
    earlier = [one for one in passes if one.order < event.order]
    return any(not player.parameters.isdisjoint(one.deposits) for one in earlier)


def in_turn(study: Study, event: Backward) -> list[Player]:
    """Who owns the site of a pass that crashed, else whoever had not just stepped."""
    owners = study.ownership.owners(event)
    if owners:
        return [player for player in study.players if player.id in owners]
    earlier = [step for block in study.ledger.blocks for step in block.steps]
    before = [step for step in earlier if step.order < event.order]
    block = next((b for b in study.ledger.blocks if before and before[-1] in b.steps), None)
    just_stepped = {step.optimizer for step in block.steps} if block else set()
    return [
        player
        for player in study.players
        if player.optimizers and not just_stepped.issuperset(player.optimizers)
    ]


def sees_data(study: Study, event: Backward, player: Player) -> bool:
    """Another player, fed by this one elsewhere, judges values here that this one did not make:
    the look of a discriminator's own pass."""
    return any(
        entry.player != player.id
        and player.id in study.meetings.fed_by[entry.player]
        and entry.shows_others(player.id)
        for entry in study.meetings.in_pass(event)
    )


def in_judges_turn(study: Study, event: Backward, update: Update) -> bool:
    """The pass, or another of its block that fills the same, looks like a discriminator's own."""
    alike = [one for one in update.block.passes if event.deposits.keys() <= one.deposits.keys()]
    return any(sees_data(study, one, update.player) for one in (event, *alike))


def rests(study: Study, event: Backward, player: Player) -> bool:
    """A frozen part of an optimizer that trains others by its opinion of them: every term that it
    would learn from trains them, in passes that do not turn the sign on the way to them."""
    makers = [
        other
        for other in study.players
        if other.id != player.id
        and set(player.optimizers) <= set(other.optimizers)
        and any(event.order in update.consumed for update in study.updates_of(other))
    ]
    return (
        bool(makers)
        and study.link(event, player).kind == "frozen"
        and all(
            _trains_any(study, one, makers, player)
            for one in study.ledger.passes.values()
            if one.traced
        )
    )


def _trains_any(study: Study, event: Backward, makers: list[Player], player: Player) -> bool:
    """Each term of the pass that could be the player's own has a gradient for one of the makers."""
    turned = any(
        study.meetings.is_reversed(event, entry, maker.id)
        for entry in study.meetings.in_pass(event)
        for maker in makers
        if entry.player == player.id
    )
    roots = [(term.value.id,) for term in study.terms(event)]
    own = [root for root in roots if _kind(study, event, root, player) == "frozen"]
    return not turned and all(
        any(_kind(study, event, root, maker) == "live" for maker in makers) for root in own
    )


def _kind(study: Study, event: Backward, roots: tuple[int, ...], player: Player) -> str:
    return study.flow.link(roots, event, player.parameters).kind
