"""GG203: a step of the discriminator consumed, beside its own pass, one of the generator's."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.leaks import Leak, concerns_judge, is_summed, leaks
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.words import counted

RULE = Rule(
    "GG203",
    "generator-loss-in-discriminator",
    "error",
    "the discriminator steps on its own gradient plus what the generator's loss left in it",
    folds_under=frozenset({"GG204", "GG205", "GG112"}),
)


def check(study: Study) -> Iterator[Claim]:
    for leak in leaks(study):
        if leak.own and concerns_judge(study, leak) and not is_summed(study, leak):
            yield _claim(leak)


def _claim(leak: Leak) -> Claim:
    player, maker, step = leak.update.player, leak.whose, leak.update.step
    event = leak.foreign[-1]
    return RULE.claim(
        f"the step of {player.name} used, beside its own, gradient that the backward pass of "
        f"{maker} at {at(event.location)} left in {len(leak.filled)} of "
        f"{counted(len(player.parameters), 'parameter')}",
        step.location,
        f"Zero the gradients of {player.name} right before its own backward pass (zeroing only "
        "after its step comes too early), or freeze it while the loss of "
        f"{maker} is computed.",
        subjects=leak.subjects,
        related=[
            (event.location, f"the backward pass of {maker} that left gradient"),
            (leak.own[-1].location, f"the backward pass of {player.name} itself"),
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
