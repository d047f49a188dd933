"""Whole passes whose gradients are cleared, unread, while the player steps on others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Backward, Location, Step, Write
from gradcheck_gan.words import counted


def thrown_away(study: Study, rule: Rule) -> Iterator[Claim]:
    """Told of a line whose passes are lost in every round, or as many of them before each step."""
    for events in _by_site(study).values():
        player = _player(study, events[0])
        lost = [event for event in events if player and _is_lost(study, event, player)]
        if player is not None and lost and _is_steady(study, player, events, lost):
            yield _claim(study, rule, player, events, lost)


def _by_site(study: Study) -> dict[str, list[Backward]]:
    sites: dict[str, list[Backward]] = defaultdict(list)
    for event in study.ledger.passes.values():
        if event.kind == "backward" and event.error is None:
            sites[event.site].append(event)
    return sites


def _is_lost(study: Study, event: Backward, player: Player) -> bool:
    """All that it left there was cleared; nobody stepped on any of it, and no line or hook saw it.
    What it left in others may still lie there."""
    ledger = study.ledger
    lively = _lively(event) & player.parameters
    cleared = ledger.cleared.get(event.order, frozenset())
    return (
        bool(lively)
        and not _is_used(study, event)
        and lively <= cleared
        and event.order not in ledger.seen
        and not event.unknown & event.deposits.keys()
        and not _is_hooked(study, event)
    )


def _lively(event: Backward) -> frozenset[int]:
    return frozenset(p for p, deposit in event.deposits.items() if not deposit.zero)


def _is_hooked(study: Study, event: Backward) -> bool:
    """Hooks of parameters, of values or of modules have seen what the pass brought."""
    if any(deposit.hooked for deposit in event.deposits.values()):
        return True
    run = study.run
    values = [run.values[v] for root in event.roots for v in study.flow.below(root)]
    calls = {value.call for value in values} & run.calls.keys()
    return any(value.hooked for value in values) or any(
        run.calls[call].hooked for call in calls if call is not None
    )


def _player(study: Study, event: Backward) -> Player | None:
    """Who was to step on the pass. What a generator's pass leaves in a discriminator is to be
    cleared, so that it is the generator's; and where a player never finds anything, or was cut off,
    the pass may have been meant for that one: other rules tell of it."""
    stepping = {u.player.id for u in study.updates if event in u.block.passes}
    filled = [player for player in study.players if player.parameters & _lively(event)]
    concerned = [p for p in study.players if p.id in stepping or p in filled]
    if not filled or any(_is_idle(study, p) or _is_cut(study, event, p) for p in concerned):
        return None
    generates = study.adversaries.is_generator
    return min(filled, key=lambda p: (not generates(p), p.id not in stepping, p.id))


def _is_cut(study: Study, event: Backward, player: Player) -> bool:
    return study.link(event, player).kind == "cut"


def _is_idle(study: Study, player: Player) -> bool:
    return all(update.is_empty for update in study.updates_of(player))


def _is_steady(study: Study, player: Player, events: list[Backward], lost: list[Backward]) -> bool:
    """All passes of the line were lost, but perhaps the last, which recording may have ended on; in
    rounds apart, so that it is neither a beginning nor what one step had left over."""
    updates = study.updates_of(player)
    if any(update.step.closure for update in updates):
        return False
    late = _is_behind_every_step(study, player, updates, lost)
    if any(_is_used(study, event) for event in events):
        return late or _is_lost_in_every_cycle(study, player, updates, events, lost)
    *earlier, last = events
    if lost != (events if last in lost else earlier):
        return False
    rounds = {event.round for event in lost}
    if last not in lost and _has_stepped_in(last.round, updates):
        # No step of the player's is to come in that round any more, as in those before.
        return last.round not in rounds
    return late or len(rounds) >= 2


def _has_stepped_in(number: int, updates: list[Update]) -> bool:
    return any(update.step.round == number for update in updates)


def _is_used(study: Study, event: Backward) -> bool:
    return any((event.order, parameter) in study.ledger.consumed for parameter in event.deposits)


def _is_lost_in_every_cycle(
    study: Study,
    player: Player,
    updates: list[Update],
    events: list[Backward],
    lost: list[Backward],
) -> bool:
    """Of the passes of one line right before each step as many are lost, and the parameters stood
    still meanwhile: had they been moved, the pass was made to see what it was like elsewhere. Where
    others step in between, this player may be stepped only now and then on purpose."""
    cycles: list[tuple[int, int]] = []
    for update in updates:
        inside = [event for event in events if event in update.block.passes]
        if inside and update.consumed:
            cycles.append((len(inside), sum(event in lost for event in inside)))
    steady = len(cycles) >= 2 and len(set(cycles)) == 1 and 0 < cycles[0][1] < cycles[0][0]
    return steady and not _is_moved(study, player)


def _is_behind_every_step(
    study: Study, player: Player, updates: list[Update], lost: list[Backward]
) -> bool:
    """Between any two steps as many are lost that were made right after the first of them, while
    what that had used still lay there."""
    between = [
        sum(one.step.order < event.order < other.step.order for event in lost)
        for one, other in pairwise(updates)
    ]
    steady = len(set(between)) == 1 and between[0] > 0
    return steady and _is_late(study, player, lost) and not _is_moved(study, player)


def _is_late(study: Study, player: Player, lost: list[Backward]) -> bool:
    return all(_stepped_before(study, player, event) is not None for event in lost)


def _is_moved(study: Study, player: Player) -> bool:
    return any(
        isinstance(event, Write) and event.parameter in player.parameters
        for event in study.run.events
    )


def _claim(
    study: Study, rule: Rule, player: Player, events: list[Backward], lost: list[Backward]
) -> Claim:
    event, name = lost[0], player.name
    filled = len(_lively(event) & player.parameters)
    cleared = cleared_at(study, player, event)
    early = _stepped_before(study, player, lost[-1]) if _is_late(study, player, lost) else None
    where = "" if cleared is None else f" at {at(cleared)}"
    related: list[tuple[Location | None, str]] = [
        (event.location, "the backward pass whose gradients were cleared")
    ]
    if empty := _found_nothing(study, player, event):
        place, fix = empty.location, f"Clear the gradients of {name} before that pass, not after."
    elif early is not None:
        place, fix = early.location, f"Step {name} after that backward pass, not before it."
    else:
        place = cleared or event.location
        fix = f"Clear the gradients of {name} once, before the first pass that its step is to use."
    if place is not cleared:
        related.append((cleared, "they are cleared here"))
    return rule.claim(
        f"the backward pass at {at(event.location)} filled the gradient of {filled} of "
        f"{counted(len(player.parameters), 'parameter')} of {name}, which was cleared{where} "
        f"before any step used it ({len(lost)} of {counted(len(events), 'pass')})",
        place,
        fix,
        subjects={(player.id, one.site) for one in lost},
        related=related,
        player=name,
        evidence={
            "parameters": len(player.parameters),
            "parameters_filled": filled,
            "passes": len(events),
            "passes_cleared": len(lost),
        },
        rounds=[one.round for one in lost],
    )


def _found_nothing(study: Study, player: Player, event: Backward) -> Step | None:
    """The player's step that came next, if that was the one whose gradient was cleared."""
    later = (u for u in study.updates_of(player) if u.step.order > event.order)
    update = next(later, None)
    return update.step if update is not None and update.is_empty else None


def cleared_at(study: Study, player: Player, event: Backward) -> Location | None:
    """The first line after the pass that cleared gradients of the player's."""
    for after in study.run.aftermaths:
        if after.order >= event.order:
            for parameter in sorted(_lively(event) & player.parameters & after.cleared.keys()):
                return after.cleared[parameter]
    return None


def _stepped_before(study: Study, player: Player, event: Backward) -> Step | None:
    """The player's step that came right before, if nothing of the player's was cleared between:
    then it is the step that came too early, and the clearing is in its place."""
    found: Step | None = None
    for other in study.run.events:
        if isinstance(other, (Backward, Step)) and other.order <= event.order:
            if other.cleared & player.parameters:
                found = None
            if isinstance(other, Step) and other.gradients.keys() & player.parameters:
                found = other
    return found
