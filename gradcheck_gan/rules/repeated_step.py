"""GG308: an optimizer is stepped twice on the same deposits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.rule import Claim, Rule

RULE = Rule(
    "GG308",
    "repeated-step",
    "error",
    "a player is stepped twice on the same gradients",
    folds_under=frozenset("GG112 GG202 GG203 GG204 GG205 GG303 GG306 GG307 GG310 GG501".split()),
)


def check(study: Study) -> Iterator[Claim]:
    for player in study.players:
        updates = study.updates_of(player)
        for first, second in pairwise(updates):
            if _is_again(first, second):
                yield _claim(study, first, second)


def _is_again(first: Update, second: Update) -> bool:
    same = first.step.optimizer == second.step.optimizer
    known = first.known and second.known
    return same and known and bool(first.consumed) and first.consumed == second.consumed


def _nothing_new(first: Update, second: Update) -> str:
    if first.block is second.block:
        return "no backward pass ran"
    return "no backward pass brought it any, and nothing cleared them,"


def _claim(study: Study, first: Update, second: Update) -> Claim:
    player = second.player
    name = study.run.optimizers[second.step.optimizer].name
    return RULE.claim(
        f"{name} steps {player.name} a second time on the same gradients: "
        f"{_nothing_new(first, second)} since its step before",
        second.step.location,
        f"Step {name} once for each backward pass (a closure or a GradScaler that is given the "
        "optimizer has stepped it already).",
        subjects={(player.id, study.ledger.passes[order].site) for order in second.consumed},
        related=[(first.step.location, "the first step on these gradients")],
        player=player.name,
        evidence={"optimizer": name, "passes": len(second.consumed)},
        rounds=[second.step.round],
    )
