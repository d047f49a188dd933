"""GG306: the optimizer holds an old copy of a module; the copy in use is held by none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Optimizer, Step
from gradcheck_gan.words import counted

RULE = Rule(
    "GG306",
    "stale-optimizer",
    "error",
    "an optimizer holds an old copy of the module that is trained",
    folds_under=frozenset({"GG112", "GG204", "GG303"}),
)


def check(study: Study) -> Iterator[Claim]:
    filled = {p for event in study.ledger.passes.values() for p in event.deposits}
    for held in study.run.optimizers.values():
        steps = [c.step for c in study.ledger.consumptions if c.step.optimizer == held.id]
        # Gradient written by hand, as into master weights, makes the copy a meant one.
        empty = all(set(step.gradients.values()) <= {"none"} for step in steps)
        if empty and not held.parameters & filled and study.is_proven(len(steps)):
            twin = _twin(study, held, filled)
            if held.parameters and twin is not None:
                yield _claim(study, held, twin, steps)


def _twin(study: Study, held: Optimizer, filled: set[int]) -> Player | None:
    """A player that no optimizer holds, of just this class and these shapes, that gets gradient."""
    wanted = _shapes(study, held.parameters)
    # A wrapper, such as one that averages, holds nothing but the net that it wraps.
    around = [
        module.class_name
        for module in study.run.modules.values()
        if module.parameters == held.parameters
    ]
    classes = {
        player.class_name
        for player in study.players
        if player.parameters & held.parameters and player.class_name is not None
    }
    for player in study.players:
        if not player.optimizers and player.parameters & filled:
            same = not classes or classes == {player.class_name} or player.class_name in around
            if same and _shapes(study, player.parameters) == wanted:
                return player
    return None


def _shapes(study: Study, parameters: frozenset[int]) -> Counter[tuple[int, ...]]:
    return Counter(study.run.parameters[p].shape for p in parameters)


def _claim(study: Study, held: Optimizer, twin: Player, steps: list[Step]) -> Claim:
    count = counted(len(held.parameters), "parameter")
    players = [p.id for p in study.players if p.parameters & held.parameters] + [twin.id]
    sites = {event.site for event in study.ledger.passes.values()}
    return RULE.claim(
        f"{held.name} holds {count} that no backward pass fills, while {twin.name}, with the same "
        f"shapes, gets gradient and is held by no optimizer",
        held.made or steps[0].location,
        f"Make {held.name} after {twin.name} has got its final parameters (after loading, copying "
        f"or replacing the module): {held.class_name}({twin.name}.parameters(), ...).",
        subjects={(player, site) for player in players for site in sites},
        related=[(steps[0].location, f"{held.name} steps on nothing here")],
        player=twin.name,
        evidence={"optimizer": held.name, "parameters": len(held.parameters), "steps": len(steps)},
        rounds=[step.round for step in steps],
    )
