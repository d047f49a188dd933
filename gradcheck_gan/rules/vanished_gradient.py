"""GG107: a step ran on NaN or Inf, or a saturated operation leaves a whole player at zero."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.analysis.wording import at, in_updates, made_at, stepped_at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Backward, Value
from gradcheck_gan.words import counted

RULE = Rule(
    "GG107",
    "vanished-gradient",
    "error",
    "a player steps on NaN or Inf, or gets exactly zero through a saturated operation",
    folds_under=frozenset({"GG112", "GG101", "GG102", "GG103", "GG104", "GG105", "GG106", "GG501"}),
)


def check(study: Study) -> Iterator[Claim]:
    yield from _first_not_finite(study)
    for player in study.players:
        updates = [update for update in study.updates_of(player) if update.consumed]
        if len(updates) >= 2:
            yield from _saturated(study, updates)


def _first_not_finite(study: Study) -> Iterator[Claim]:
    """Only the first: after a step on NaN everything else is NaN as well."""
    for update in study.updates:
        for order in update.consumed:
            event = study.ledger.passes[order]
            bad = [
                p for p in update.parameters if p in event.deposits and not event.deposits[p].finite
            ]
            if bad:
                yield _not_finite(study, update, event, bad)
                return


def _not_finite(study: Study, update: Update, event: Backward, bad: list[int]) -> Claim:
    player = update.player
    return RULE.claim(
        f"{len(bad)} of {counted(len(player.parameters), 'parameter')} of {player.name} got NaN or "
        f"Inf from the backward pass at {at(event.location)}, and the step at "
        f"{at(update.step.location)} used it",
        event.location,
        "Find the logarithm, division, square root or power on the way to this loss that meets 0 "
        "or overflows (torch.autograd.set_detect_anomaly(True) names it), and keep its input away "
        "from there: clamp with a small epsilon, or use the version with logits.",
        subjects={(player.id, event.site)},
        related=[stepped_at(update.step.location, player)],
        player=player.name,
        evidence={"parameters": len(player.parameters), "parameters_not_finite": len(bad)},
        rounds=[update.step.round],
    )


def _saturated(study: Study, updates: list[Update]) -> Iterator[Claim]:
    """Zero in every parameter and every update, and the place was watched in the later ones."""
    watched: list[tuple[Update, Backward, Value]] = []
    for update in updates:
        for event in study.own_passes(update):
            deposits = [d for p, d in event.deposits.items() if p in update.player.parameters]
            if not deposits or any(not deposit.zero for deposit in deposits):
                return
            value = _place(study, update, event)
            if value is not None:
                watched.append((update, event, value))
    if watched:
        yield _claim(study, updates, *watched[0])


def _place(study: Study, update: Update, event: Backward) -> Value | None:
    """A watched operation that turned gradient to zero, above the player and inside or below the
    player that it feeds; not in the loss function, where a met margin is right."""
    for identity in sorted(event.zeroed):
        value = study.run.values.get(identity)
        if value is None or value.zero or value.kind != "op":
            continue
        if update.player.id not in study.meetings.upstream.get(identity, frozenset()):
            continue
        judged = any(
            update.player.id in entry.made_by
            and (identity in entry.values or max(entry.values) > identity)
            for entry in study.meetings.in_pass(event)
        )
        if judged:
            return value
    return None


def _claim(
    study: Study, updates: list[Update], update: Update, event: Backward, value: Value
) -> Claim:
    player = update.player
    return RULE.claim(
        f"the gradient is exactly zero in all {counted(len(player.parameters), 'parameter')} of "
        f"{player.name} {in_updates(len(updates))}: `{value.name}` is saturated over its whole "
        "input and lets nothing through",
        value.location,
        f"Keep the input of `{value.name}` inside its live range: scale or normalise what comes "
        "before, use logits with the *_with_logits loss instead of a second sigmoid, and do not "
        "clamp on the way to the loss.",
        subjects={(player.id, event.site)},
        related=[
            place
            for place in (
                made_at(study, event, player),
                (event.location, "the backward pass that brings back only zeros"),
                stepped_at(update.step.location, player),
            )
            if place[0] is not None
        ],
        player=player.name,
        evidence={
            "parameters": len(player.parameters),
            "parameters_with_nonzero_gradient": 0,
            "updates": len(updates),
            "operation": value.name,
        },
        rounds=sorted({one.step.round for one in updates}),
        severity="warning",
    )
