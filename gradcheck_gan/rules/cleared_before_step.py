"""GG302: all deposits meant for a step were cleared between the backward pass and the step."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.rules._thrown_away import cleared_at, thrown_away
from gradcheck_gan.run import Backward
from gradcheck_gan.words import counted

RULE = Rule(
    "GG302",
    "cleared-before-step",
    "error",
    "the gradients are cleared between the backward pass and the step",
    folds_under=frozenset({"GG112", "GG204", "GG303", "GG306"}),
)

Lost = tuple[Update, list[Backward]]


def check(study: Study) -> Iterator[Claim]:
    for player in study.players:
        updates = study.updates_of(player)
        closures = any(update.step.closure for update in updates)
        if closures or not all(update.is_empty for update in updates):
            continue
        lost = _lost(study, player, updates)
        # Only before the first pass of its own may a step have had nothing to lose.
        rest = [update for update in updates if lost and update.step.order > lost[0][0].step.order]
        if lost and len(lost) == len(rest) + 1 and study.is_proven(len(updates)):
            yield _claim(study, player, lost)
    yield from thrown_away(study, RULE)


def _lost(study: Study, player: Player, updates: list[Update]) -> list[Lost]:
    """Steps that found nothing though, since the step before, passes had filled the gradient."""
    lost: list[Lost] = []
    before = 0
    for update in updates:
        events = [
            event
            for event in study.ledger.passes.values()
            if before < event.order < update.step.order
            and not update.parameters.isdisjoint(event.deposits)
            and study.ownership.owners(event) <= {player.id}
        ]
        if events and update.parameters.isdisjoint(study.moved_by_hand):
            lost.append((update, events))
        before = update.step.order
    return lost


def _claim(study: Study, player: Player, lost: list[Lost]) -> Claim:
    update, events = lost[0]
    event = events[-1]
    related = [
        (event.location, "the backward pass whose gradients were cleared"),
        (cleared_at(study, player, event), "they are cleared here"),
    ]
    filled = len({p for e in events for p in e.deposits if p in player.parameters})
    return RULE.claim(
        f"the backward pass at {at(event.location)} filled the gradient of {filled} of "
        f"{counted(len(player.parameters), 'parameter')} of {player.name}, and the step at "
        f"{at(update.step.location)} found none of it ({counted(len(lost), 'update')}): it was "
        "cleared in between",
        update.step.location,
        f"Clear the gradients of {player.name} before its backward pass, not between that and its "
        "step: zero_grad(), backward(), step().",
        subjects={(player.id, e.site) for _, found in lost for e in found},
        related=[(location, text) for location, text in related if location is not None],
        player=player.name,
        evidence={
            "parameters": len(player.parameters),
            "parameters_filled": filled,
            "parameters_found_by_step": 0,
            "updates": len(lost),
        },
        rounds=[one.step.round for one, _ in lost],
    )
