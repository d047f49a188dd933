"""GG204: the optimizer that trains one player alone also holds, or only holds, the adversary's."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.foreign import Foreign, find_foreign
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at, stepped_at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.words import counted, listed

RULE = Rule(
    "GG204",
    "foreign-parameters",
    "error",
    "an optimizer that trains one player holds the parameters of its adversary",
    folds_under=frozenset({"GG112"}),
)


def check(study: Study) -> Iterator[Claim]:
    for update in study.updates:
        found = find_foreign(study, update)
        if found is not None:
            yield _claim(study, found)


def _claim(study: Study, found: Foreign) -> Claim:
    optimizer, owner, stranger = found.optimizer, found.owner, found.stranger
    held = len(optimizer.parameters & stranger.parameters)
    own = len(optimizer.parameters & owner.parameters)
    return RULE.claim(
        f"{optimizer.name} holds {held} of {counted(len(stranger.parameters), 'parameter')} of "
        f"{stranger.name} and {own} of {len(owner.parameters)} of {owner.name}, and "
        f"{_steps(study, found)}",
        optimizer.made or found.update.step.location,
        _fix(study, found),
        subjects={
            (player.id, event.site)
            for player in (owner, stranger)
            for event in study.ledger.passes.values()
        },
        related=[
            (found.event.location, f"the backward pass that trains {owner.name}"),
            stepped_at(found.update.step.location, stranger),
        ],
        player=stranger.name,
        evidence={
            "optimizer": optimizer.name,
            "foreign_parameters_held": held,
            "own_parameters_held": own,
        },
        rounds=[found.update.step.round],
    )


def _fix(study: Study, found: Foreign) -> str:
    optimizer, owner, stranger = found.optimizer, found.owner, found.stranger
    partners = [
        player
        for player in study.players
        if player.id != stranger.id
        and optimizer.id in player.optimizers
        and set(player.optimizers) <= set(owner.optimizers)
        and not study.adversaries.between(player.id, owner.id)
    ]
    names = [player.name for player in dict.fromkeys((owner, *partners))]
    given = f"{names[0]}.parameters()"
    if len(names) > 1:
        given = f"[{', '.join(f'*{name}.parameters()' for name in names)}]"
    text = (
        f"Give {optimizer.name} the parameters of {listed(names)} only: "
        f"{optimizer.class_name}({given}, ...)."
    )
    if found.judge is None:
        return text
    return (
        f"{text} If {stranger.name} is to learn from other terms of this loss, step it on a pass "
        f"of these alone."
    )


def _steps(study: Study, found: Foreign) -> str:
    """What the optimizer does to the player that is not its own."""
    owner, stranger = found.owner.name, found.stranger.name
    trains = f"the backward pass at {at(found.event.location)}, which trains {owner}"
    if found.how == "on its pass":
        half = f", through which {found.judge.name} judges {owner}," if found.judge else ""
        return f"steps {stranger}{half} on {trains}"
    if found.how == "on nothing":
        return f"finds no gradient of {stranger} after {trains.replace('trains', 'fills')}"
    last = study.ledger.passes[found.update.consumed[-1]]
    old = f"the gradient that the pass at {at(last.location)} left"
    if found.how == "on what was used":
        old += ", which another step had used before"
    return f"after {trains}, steps {stranger} on {old}"
