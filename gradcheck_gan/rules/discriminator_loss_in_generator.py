"""GG202: a step of the generator consumed a deposit of the discriminator's backward pass."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.leaks import Leak, is_judge_of, is_summed, leaks
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.words import counted

RULE = Rule(
    "GG202",
    "discriminator-loss-in-generator",
    "error",
    "the generator steps on gradient that the discriminator's loss left in it",
    folds_under=frozenset({"GG204", "GG205", "GG112"}),
)


def check(study: Study) -> Iterator[Claim]:
    for leak in leaks(study):
        if is_judge_of(study, leak.owner, leak.update.player) and not is_summed(study, leak):
            yield _claim(study, leak)


def _claim(study: Study, leak: Leak) -> Claim:
    player, judge, step = leak.update.player, leak.owner, leak.update.step
    event = leak.foreign[0]
    attached = [
        entry.location
        for entry in study.meetings.in_pass(event)
        if entry.player == judge.id and player.id in entry.live
    ]
    return RULE.claim(
        f"the step of {player.name} used gradient that the backward pass of {judge.name} at "
        f"{at(event.location)} left in {len(leak.filled)} of "
        f"{counted(len(player.parameters), 'parameter')}",
        step.location,
        f"Zero the gradients of {player.name} right before its own backward pass, and give "
        f"{judge.name} detached fakes in its step: {judge.name}(fake.detach()).",
        subjects=leak.subjects | {(judge.id, e.site) for e in leak.foreign},
        related=[
            (attached[0] if attached else None, f"{judge.name} gets fakes that are not detached"),
            (event.location, f"the backward pass of {judge.name} that left gradient"),
        ],
        player=player.name,
        evidence={
            "parameters": len(player.parameters),
            "parameters_with_foreign_gradient": len(leak.filled),
            "foreign_passes": len(leak.foreign),
            "own_passes": len(leak.own),
        },
        rounds=[step.round],
    )
