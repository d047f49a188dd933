"""GG305: an optimizer gets backward passes of its own and is never stepped."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Backward, Optimizer, Step
from gradcheck_gan.words import counted

RULE = Rule(
    "GG305",
    "never-stepped",
    "error",
    "a loss is back-propagated for an optimizer that is never stepped",
    folds_under=frozenset(
        {
            *(f"GG{number}" for number in range(101, 113)),
            *("GG202", "GG203", "GG204", "GG205", "GG301", "GG302", "GG303", "GG306"),
        }
    ),
)

_DISCARDED = 2


def check(study: Study) -> Iterator[Claim]:
    stepped = {consumption.step.optimizer for consumption in study.ledger.consumptions}
    held_by = {number: held.parameters for number, held in study.run.optimizers.items()}
    at_work = {held_by[number] for number in stepped}
    for player in study.players:
        # One that extends another, as SAM does, is stepped in the shape of that other one.
        idle = [one for one in player.optimizers if held_by[one] not in at_work]
        if not idle:
            continue
        passes = _own_passes(study, player)
        by_hand = not player.parameters.isdisjoint(study.moved_by_hand)
        if passes and study.is_proven(len(passes)) and not by_hand:
            yield _claim(study, player, study.run.optimizers[idle[0]], passes)


def _own_passes(study: Study, player: Player) -> list[Backward]:
    """Passes that filled the player's gradient and on which nobody steps."""
    last = study.ledger.blocks[-1:] if study.run.outcome.status == "crashed" else ()
    # Where the script crashed before any step, the one that was missing may have come next.
    waiting = {event.order for block in last if not block.steps for event in block.passes}
    return [
        event
        for event in study.ledger.passes.values()
        if event.kind == "backward"
        and event.order not in waiting
        and event.error is None
        and not player.parameters.isdisjoint(event.deposits)
        and not study.ownership.owners(event)
        and not any((event.order, p) in study.ledger.consumed for p in event.deposits)
    ]


def _is_thrown_away(study: Study, player: Player) -> bool:
    """What its passes left was cleared again and again: no step merely comes later."""
    events = (event for event in study.run.events if isinstance(event, (Backward, Step)))
    cleared = [event for event in events if not player.parameters.isdisjoint(event.cleared)]
    return study.is_complete or len(cleared) >= _DISCARDED


def _claim(study: Study, player: Player, held: Optimizer, passes: list[Backward]) -> Claim:
    event = passes[0]
    return RULE.claim(
        f"{counted(len(passes), 'backward pass')} filled the gradient of {player.name}, and "
        f"{held.name} was never stepped",
        held.made or event.location,
        f"Call {held.name}.step() after the backward pass at {at(event.location)}.",
        subjects={(player.id, e.site) for e in passes},
        related=[(event.location, f"the backward pass after which {held.name} should step")],
        player=player.name,
        evidence={"optimizer": held.name, "passes": len(passes), "steps": 0},
        rounds=[e.round for e in passes],
        severity=None if _is_thrown_away(study, player) else "note",
    )
