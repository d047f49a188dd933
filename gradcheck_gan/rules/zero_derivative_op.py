"""GG104: every path from the player to its loss passes an operation with derivative zero."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.turns import about_to_step
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.analysis.wording import at, by_one_of_several, in_updates, made_at, stepped_at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Backward, Value
from gradcheck_gan.words import counted

_OF_TORCH = frozenset("round floor ceil trunc sign heaviside".split())

RULE = Rule(
    "GG104",
    "zero-derivative-op",
    "error",
    "a player reaches its loss only through round, sign or the like, whose derivative is zero",
    folds_under=frozenset({"GG112", "GG101", "GG102", "GG103", "GG105", "GG106", "GG204"}),
)

_OVERWRITING = frozenset(
    "copy_ fill_ zero_ normal_ uniform_ random_ exponential_ cauchy_ geometric_ log_normal_ "
    "bernoulli_ fill index_copy index_fill".split()
)


def check(study: Study) -> Iterator[Claim]:
    for player in study.players:
        for updates in study.updates_by_place(player):
            fed = [update for update in updates if update.consumed]
            found = [_zero_in(study, update) for update in fed]
            proven = [zero for zero in found if zero is not None]
            if proven and len(proven) == len(found):
                event, culprit = proven[0]
                yield _claim(study, player, event, culprit, fed)
    yield from _crashed(study)


def _zero_in(study: Study, update: Update) -> tuple[Backward, Value] | None:
    """The zero that every path of this update meets, confirmed by the deposits."""
    mine = update.player.parameters
    culprit: tuple[Backward, Value] | None = None
    for event in study.own_passes(update):
        deposits = [d for p, d in event.deposits.items() if p in mine]
        if any(not deposit.zero for deposit in deposits):
            return None
        link = study.link(event, update.player)
        if link.kind == "zero" and deposits and _is_measured(study, event):
            culprit = culprit or (event, link.culprits[0])
        elif event.traced and deposits:
            return None
    return culprit


def _is_measured(study: Study, event: Backward) -> bool:
    """A gradient that was not zero was seen to arrive at such an operation and leave as zero."""
    seen = (study.run.values.get(identity) for identity in event.zeroed)
    return any(value is not None and value.zero for value in seen)


def _crashed(study: Study) -> Iterator[Claim]:
    for event in study.ledger.passes.values():
        if event.error is None or event.kind != "backward":
            continue
        for player in about_to_step(study, event):
            link = study.link(event, player)
            if link.kind == "zero":
                yield _claim(study, player, event, link.culprits[0], [])


def _cause(culprit: Value) -> str:
    if culprit.name in _OVERWRITING:
        return f"`{culprit.name}` overwrites every number that comes from it on the way to the loss"
    return f"`{culprit.name}` has derivative zero and every path runs through it"


def _estimator(culprit: Value) -> str:
    function = f"torch.{culprit.name}" if culprit.name in _OF_TORCH else "fn"
    soft = " or `soft_round(x, 0.3)`" if culprit.name in ("round", "floor", "ceil") else ""
    return f"`straight_through({function}, x)`{soft}"


def _fix(culprit: Value) -> str:
    if culprit.name in _OVERWRITING:
        return (
            f"Let `{culprit.name}` write into a tensor of its own instead (a detached clone), and "
            "compute the loss from what the player made."
        )
    if culprit.name == "normal":
        return (
            "Draw noise that does not depend on the player, and scale it: "
            "mean + std * torch.randn_like(mean), or torch.distributions.Normal(...).rsample()."
        )
    return (
        f"Keep the value of `{culprit.name}` and pass the gradient straight through: "
        f"`x + ({culprit.name}(x) - x).detach()`, or {_estimator(culprit)} of "
        "gradcheck_gan.estimators (docs/estimators.md); or use a smooth version of it."
    )


def _claim(
    study: Study, player: Player, event: Backward, culprit: Value, updates: list[Update]
) -> Claim:
    count = counted(len(player.parameters), "parameter")
    if updates:
        whose = by_one_of_several(study, player, updates[0].step)
        when = f"{in_updates(len(updates))}{whose}"
        fact = f"the gradient is exactly zero in all {count} of {player.name} {when}"
    else:
        fact = f"the gradient would be exactly zero in all {count} of {player.name}"
    crashed = "" if updates else f" (the backward pass at {at(event.location)} crashed)"
    steps = [stepped_at(updates[0].step.location, player)] if updates else []
    proven = not updates or study.is_proven(len(updates))
    return RULE.claim(
        f"{fact}: {_cause(culprit)}{crashed}",
        culprit.location,
        _fix(culprit),
        subjects={(player.id, event.site)},
        related=[
            (place, note)
            for place, note in (
                made_at(study, event, player),
                (event.location, "the backward pass that brings back only zeros"),
                *steps,
            )
            if place is not None
        ],
        player=player.name,
        evidence={
            "parameters": len(player.parameters),
            "parameters_with_nonzero_gradient": 0,
            "updates": len(updates),
            "operation": culprit.name,
            "would_be": not updates,
        },
        rounds=[update.step.round for update in updates] or [event.round],
        severity=None if proven else "note",
        cause=_cause(culprit),
    )
