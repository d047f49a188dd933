"""GG307: deposits of earlier updates are consumed again and again."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.words import counted

RULE = Rule(
    "GG307",
    "never-cleared",
    "error",
    "gradients are never cleared: every step uses those of all earlier steps again",
    folds_under=frozenset("GG112 GG202 GG203 GG204 GG205 GG303 GG306 GG501".split()),
)

_STEPS_NEEDED = 2


def check(study: Study) -> Iterator[Claim]:
    for player in study.players:
        updates = study.updates_of(player)
        found = [(update, again) for update in updates if (again := _again(study, update, updates))]
        sure = any(len(again) >= _STEPS_NEEDED for _, again in found)
        regular = not sure and _is_regular(updates, found)
        for update, again in found if sure or regular or _is_all(updates, found) else ():
            if not sure or len(again) >= _STEPS_NEEDED:
                yield _claim(study, update, again, sure=sure or regular)


def _is_all(updates: list[Update], found: list[tuple[Update, list[Update]]]) -> bool:
    """Every step but the first used what an earlier one had used."""
    return len(found) == len(updates) - 1


def _is_regular(updates: list[Update], found: list[tuple[Update, list[Update]]]) -> bool:
    """In each of several rounds, every step but the first used what one before it had used."""
    rounds: dict[int, list[Update]] = {}
    for update in updates:
        rounds.setdefault(update.step.round, []).append(update)
    again = {update.step.order for update, _ in found}
    return len(rounds) > 1 and all(
        len(steps) > 1 and all(update.step.order in again for update in steps[1:])
        for steps in rounds.values()
    )


def _again(study: Study, update: Update, updates: list[Update]) -> list[Update]:
    """Earlier steps that used a pass of their own that this step uses again, beside newer ones."""
    if not update.known:
        return []
    fresh = {event.order for event in update.block.passes} & set(update.consumed)
    return [
        earlier
        for earlier in updates
        if fresh
        and earlier.step.order < update.step.order
        and earlier.block is not update.block
        and earlier.known
        and {event.order for event in earlier.block.passes}
        & set(earlier.consumed)
        & set(update.consumed)
    ]


def _claim(study: Study, update: Update, again: list[Update], *, sure: bool) -> Claim:
    player, step = update.player, update.step
    held = study.run.optimizers[step.optimizer]
    more = "" if sure else " A longer run (--rounds 4) tells whether they are ever cleared."
    passes = {order for earlier in again for order in earlier.consumed} & set(update.consumed)
    return RULE.claim(
        f"this step of {player.name} used gradients of {counted(len(again), 'earlier step')} again "
        f"({counted(len(passes), 'backward pass')}): they were not cleared in between",
        step.location,
        f"Call {held.name}.zero_grad() before every backward pass of {player.name}.{more}",
        subjects={(player.id, study.ledger.passes[order].site) for order in update.consumed},
        related=[(again[0].step.location, "an earlier step that used the same gradients")],
        player=player.name,
        evidence={"earlier_steps": len(again), "passes_used_again": len(passes)},
        rounds=[step.round],
        severity=None if sure else "warning",
    )
