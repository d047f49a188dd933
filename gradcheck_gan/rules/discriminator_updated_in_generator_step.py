"""GG205: the discriminator is moved by the generator's own pass."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.leaks import (
    Leak,
    concerns_judge,
    is_judge_of,
    is_summed,
    leaks,
    summed_updates,
)
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Backward, Write
from gradcheck_gan.words import counted, listed

RULE = Rule(
    "GG205",
    "discriminator-updated-in-generator-step",
    "error",
    "the discriminator is stepped on the generator's loss itself",
    folds_under=frozenset({"GG204", "GG112"}),
)


def check(study: Study) -> Iterator[Claim]:
    for leak in leaks(study):
        if concerns_judge(study, leak) and not leak.own and not is_summed(study, leak):
            yield _stepped(leak)
    for update, makers, event in summed_updates(study):
        yield _summed(update, makers, event)
    yield from _written(study)


def _stepped(leak: Leak) -> Claim:
    judge, step = leak.update.player, leak.update.step
    event = leak.foreign[-1]
    alone = ", with no new pass of its own" if leak.leftover else " alone"
    return RULE.claim(
        f"this step moves {judge.name} by the gradient of the backward pass of {leak.whose} at "
        f"{at(event.location)}{alone} ({counted(len(judge.parameters), 'parameter')})",
        step.location,
        f"After the backward pass of {leak.whose} do not step {judge.name}; step it after its own "
        "backward pass, with its gradients zeroed before that.",
        subjects=leak.subjects,
        related=[(event.location, f"the backward pass of {leak.whose}")],
        player=judge.name,
        evidence={"parameters": len(judge.parameters), "foreign_passes": len(leak.foreign)},
        rounds=[step.round],
    )


def _summed(update: Update, makers: tuple[Player, ...], event: Backward) -> Claim:
    judge, whose = update.player, listed(tuple(maker.name for maker in makers))
    return RULE.claim(
        f"one backward pass at {at(event.location)} sums the losses of {whose} and "
        f"{judge.name}, and both step on it: {judge.name} is moved by the loss of {whose} too",
        update.step.location,
        f"Back-propagate the two losses one after the other: the loss of {whose}, its step, "
        f"zero the gradients of {judge.name}, then the loss of {judge.name} on detached fakes and "
        "its step.",
        subjects={(player.id, event.site) for player in (judge, *makers)},
        related=[(event.location, "the summed backward pass")],
        player=judge.name,
        evidence={"parameters": len(judge.parameters), "summed": True},
        rounds=[update.step.round],
    )


def _written(study: Study) -> Iterator[Claim]:
    """Written in place with a gradient that only the adversary's passes deposited."""
    for event in study.run.events:
        if not isinstance(event, Write) or event.value is None:
            continue
        orders = study.ledger.outstanding_at[event.order].get(event.parameter, ())
        if not orders or not _uses_its_gradient(study, event):
            continue
        for judge in study.players:
            if event.parameter in judge.parameters:
                yield from _moved(study, event, judge, [study.ledger.passes[o] for o in orders])


def _uses_its_gradient(study: Study, event: Write) -> bool:
    assert event.value is not None
    return any(
        (value := study.run.values[identity]).kind == "grad" and value.parameter == event.parameter
        for identity in study.flow.below(event.value)
    )


def _moved(study: Study, event: Write, judge: Player, passes: list[Backward]) -> Iterator[Claim]:
    for maker in study.players:
        owned = [e for e in passes if maker.id in study.ownership.owners(e)]
        mine = [e for e in passes if judge.id in study.ownership.owners(e)]
        if is_judge_of(study, judge, maker) and owned and not mine:
            yield RULE.claim(
                f"this line moves parameters of {judge.name} by the gradient of the backward pass "
                f"of {maker.name} at {at(owned[-1].location)}",
                event.location,
                f"Update {judge.name} only with the gradient of its own loss.",
                subjects={(judge.id, e.site) for e in owned},
                related=[(owned[-1].location, f"the backward pass of {maker.name}")],
                player=judge.name,
                evidence={"parameters": len(judge.parameters), "written_in_place": True},
                rounds=[event.round],
            )
