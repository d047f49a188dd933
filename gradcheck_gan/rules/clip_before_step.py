"""GG403: weights are clipped, then stepped, and another player runs through what the step left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck_gan.analysis.clipping import ClipHistory
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Backward, Step, Write
from gradcheck_gan.words import counted

RULE = Rule(
    "GG403",
    "clip-before-step",
    "warning",
    "weights are clipped before the step, so that another player runs through unclipped ones",
)


@dataclass(frozen=True, slots=True)
class Unclipped:
    """A pass of another player, and the step that had left `outside` beyond their bounds."""

    update: Update
    event: Backward
    step: Step
    outside: frozenset[int]


def check(study: Study) -> Iterator[Claim]:
    history = ClipHistory(study)
    for player in study.players:
        if not history.clips(player):
            continue
        for other in study.players:
            if other.id != player.id:
                yield from _claims(study, history, player, other)


def _claims(study: Study, history: ClipHistory, player: Player, other: Player) -> Iterator[Claim]:
    clips = history.clips(player)
    found: list[Unclipped] = []
    for update in study.updates_of(other):
        for event in study.own_passes(update):
            if not event.traced or not study.meetings.feeds(event, other.id, player.id):
                continue
            unclipped = history.unclipped(event, player)
            if unclipped:
                step = max(unclipped.values(), key=lambda each: each.order)
                found.append(Unclipped(update, event, step, frozenset(unclipped)))
            elif event.order > clips[0].order:
                return
    if found:
        yield _claim(study, found, clips, player, other)


def _claim(
    study: Study, found: list[Unclipped], clips: list[Write], player: Player, other: Player
) -> Claim:
    case = found[-1]
    earlier = [write for write in clips if write.order < case.step.order] or clips
    clip = earlier[-1]
    lower, upper = clip.bounds or (0.0, 0.0)
    updates = len({each.update.step.order for each in found})
    farthest = max(case.step.outside.values())
    return RULE.claim(
        f"{player.name} is clipped to [{lower:g}, {upper:g}] at {at(clip.location)}, but the step "
        f"at {at(case.step.location)} came after it: the pass of {other.name} at "
        f"{at(case.event.location)} ran through {counted(len(case.outside), 'parameter')} with "
        f"values up to {farthest:.2g} outside",
        clip.location,
        f"Clip directly after the step at {at(case.step.location)}, so that every forward pass "
        f"sees clipped weights.",
        subjects={(player.id, case.event.site)},
        related=[
            (case.step.location, f"{player.name} is stepped here"),
            (case.event.location, f"{other.name} learns from the unclipped weights here"),
        ],
        player=player.name,
        evidence={
            "lower": lower,
            "upper": upper,
            "parameters_outside": len(case.outside),
            "farthest_outside": round(farthest, 9),
            "updates": updates,
        },
        rounds={each.update.step.round for each in found},
        severity=None if study.is_proven(updates) else "note",
    )
