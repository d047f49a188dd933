"""GG201: the discriminator's backward ran through the generator, and nobody used what it left."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.meetings import Entry
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Backward
from gradcheck_gan.words import counted

RULE = Rule(
    "GG201",
    "missing-detach",
    "warning",
    "the discriminator's backward runs through the generator for nothing",
    folds_under=frozenset({"GG202", "GG204", "GG205"}),
)


def check(study: Study) -> Iterator[Claim]:
    for event in study.ledger.passes.values():
        if event.kind != "backward" or not event.traced or event.error is not None:
            continue
        owners = study.ownership.owners(event)
        for judge in study.players:
            if judge.id in owners and _is_judge(study, judge):
                for maker in study.players:
                    if (
                        maker.id not in owners
                        and study.meetings.is_nominated(maker.id, judge.id)
                        and _is_waste(study, event, maker)
                    ):
                        yield from _claims(study, event, judge, maker)


def _is_judge(study: Study, player: Player) -> bool:
    return study.adversaries.is_discriminator(player) and study.meetings.is_terminal(player.id)


def _is_waste(study: Study, event: Backward, maker: Player) -> bool:
    """Deposits in the maker that no step ever consumed."""
    left = [p for p in event.deposits if p in maker.parameters]
    used = any((event.order, p) in study.ledger.consumed for p in left)
    return bool(left) and not used and not _is_needed(study, event, maker)


def _is_needed(study: Study, event: Backward, maker: Player) -> bool:
    """A later autograd.grad of the same update differentiates by values of the maker."""
    steps = [c.step.order for c in study.ledger.consumptions]
    start = max((order for order in steps if order < event.order), default=0)
    end = min((order for order in steps if order > event.order), default=event.order)
    return any(
        other.kind == "grad"
        and start < other.order < end
        and any(
            maker.id in study.meetings.live_upstream.get(value, frozenset())
            for value in other.inputs
        )
        for other in study.ledger.passes.values()
    )


def _claims(study: Study, event: Backward, judge: Player, maker: Player) -> Iterator[Claim]:
    entries = [
        entry
        for entry in study.meetings.in_pass(event)
        if entry.player == judge.id and maker.id in entry.live
    ]
    if entries:
        yield _claim(study, event, judge, maker, entries)


def _claim(
    study: Study, event: Backward, judge: Player, maker: Player, entries: list[Entry]
) -> Claim:
    left = [p for p in event.deposits if p in maker.parameters]
    numbers = sum(study.run.parameters[p].numel for p in left)
    entry = entries[0]
    return RULE.claim(
        f"the backward pass of {judge.name} at {at(event.location)} also ran through {maker.name} "
        f"and filled the gradient of {len(left)} of {counted(len(maker.parameters), 'parameter')} "
        f"({counted(numbers, 'number')}), which nobody used",
        entry.location or event.location,
        f"Give {judge.name} a detached copy in this step: {judge.name}(fake.detach()). Keep the "
        f"attached one for the step of {maker.name}, and compute {judge.name}(fake) anew there.",
        subjects={(judge.id, event.site), (maker.id, event.site)},
        related=[
            place
            for place in (
                *((other.location, "also attached here") for other in entries[1:2]),
                (event.location, f"the backward pass of {judge.name}"),
            )
            if place[0] is not None
        ],
        player=maker.name,
        evidence={
            "parameters": len(maker.parameters),
            "parameters_filled_for_nothing": len(left),
            "numbers_filled_for_nothing": numbers,
        },
        rounds=[event.round],
    )
