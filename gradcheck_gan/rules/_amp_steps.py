"""Steps that use gradients which a gradient scaler has not divided, or divided in vain."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.scaling import Part, Scaling, may_be_by_hand
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rules._amp_misuse import Lying, Misuse, number, share
from gradcheck_gan.run import Step, Unscaling


def of_step(study: Study, scaling: Scaling, update: Update) -> Iterator[Misuse]:
    """The first of what is wrong with a step; what follows from it is not told."""
    lying = [
        (parameter, part)
        for parameter, parts in scaling.at_step.get(update.step.order, {}).items()
        if parameter in update.parameters
        for part in parts
        if not part.clipped and _is_own(study, update, part)
    ]
    used = _met_before(study, update.step)
    fresh = [(parameter, part) for parameter, part in lying if part.event.order not in used]
    for judge in (_past, _early, _unscaled, _differing, _overflowed):
        misuse = judge(study, update, fresh)
        if misuse is not None:
            yield misuse
            return
    misuse = _again(study, update, lying)
    if misuse is not None:
        yield misuse


def _met_before(study: Study, step: Step) -> frozenset[int]:
    """Passes that earlier steps have used, or skipped: that they still lie there is another
    fault."""
    return frozenset(
        order
        for earlier in study.ledger.consumptions
        if earlier.step.optimizer == step.optimizer and earlier.step.order < step.order
        for orders in earlier.passes.values()
        for order in orders
    )


def _is_own(study: Study, update: Update, part: Part) -> bool:
    """What leaked in from an adversary's pass is told as such."""
    owners = study.ownership.owners(part.event)
    return not owners or update.player.id in owners


def _still_scaled(lying: list[Lying]) -> list[Lying]:
    return [
        (parameter, part)
        for parameter, part in lying
        if not part.is_right and part.unscaled is None and part.factor == part.began
    ]


def _past(study: Study, update: Update, lying: list[Lying]) -> Misuse | None:
    found = _still_scaled(lying)
    if not found or update.step.scaler is not None:
        return None
    name = _optimizer(study, update.step)
    part = found[-1][1]
    return Misuse(
        update,
        f"{name} steps past the gradient scaler: the gradients of {share(update, found)} are still "
        f"multiplied by {number(part.factor)}, as the loss was at {at(part.event.location)}",
        update.step.location,
        f"Step with scaler.step({name}), which divides the gradients first and skips the step if "
        "they are not finite; scaler.update() follows.",
        ((part.event.location, "the backward pass of the scaled loss"),),
        {"optimizer": name, "scale": part.factor, "parameters_scaled": len({p for p, _ in found})},
    )


def _early(study: Study, update: Update, lying: list[Lying]) -> Misuse | None:
    found = _still_scaled(lying)
    earlier = _unscalings(study, update.step)
    if not found or not earlier or update.step.scaler is None:
        return None
    name = _optimizer(study, update.step)
    part, unscaled = found[-1][1], earlier[-1]
    return Misuse(
        update,
        f"unscale_ ran for {name} before the backward pass at {at(part.event.location)}: the step "
        f"at {at(update.step.location)} uses gradients of {share(update, found)} that are still "
        f"multiplied by {number(part.factor)}",
        unscaled.location,
        f"Call unscale_({name}) after the last backward pass of its step and for no other "
        "optimizer's gradients; without it, scaler.step divides by itself.",
        (
            (part.event.location, "the backward pass whose gradients nothing divides"),
            (update.step.location, f"{update.player.name} is stepped here"),
        ),
        {"optimizer": name, "scale": part.factor, "parameters_scaled": len({p for p, _ in found})},
    )


def _unscaled(study: Study, update: Update, lying: list[Lying]) -> Misuse | None:
    found = [
        (parameter, part)
        for parameter, part in lying
        if part.began == 1.0 and not part.is_right and not _by_hand(study, part)
    ]
    if not found:
        return None
    part, name = found[-1][1], _optimizer(study, update.step)
    scale = 1.0 / part.factor
    return Misuse(
        update,
        f"the loss of this backward pass was not scaled, and the scaler divided what it left in "
        f"{share(update, found)} by {number(scale)} before the step at {at(update.step.location)}",
        part.event.location,
        "Scale this loss as well: scaler.scale(loss).backward(); or, if nothing that "
        f"{name} steps on is scaled, step it by itself.",
        ((update.step.location, f"{update.player.name} is stepped here"),),
        {"optimizer": name, "scale": scale, "parameters_divided": len({p for p, _ in found})},
    )


def _by_hand(study: Study, part: Part) -> bool:
    """A weight about as large as the scale: the script has scaled the loss by itself."""
    asked = part.unscaled is None or part.unscaled.asked
    weights = [term.weight for term in study.terms(part.event)]
    return any(may_be_by_hand(weight, 1.0 / part.factor, asked=asked) for weight in weights)


def _differing(study: Study, update: Update, lying: list[Lying]) -> Misuse | None:
    found = [
        (parameter, part)
        for parameter, part in lying
        if not part.is_right and part.began not in (1.0, part.factor)
    ]
    if not found:
        return None
    part, name = found[-1][1], _optimizer(study, update.step)
    divided = part.began / part.factor
    unscaled = part.unscaled.location if part.unscaled else update.step.location
    return Misuse(
        update,
        f"the gradients of {share(update, found)} were multiplied by {number(part.began)} and "
        f"divided by {number(divided)} before this step: it uses {number(part.factor)} times what "
        "the loss gave",
        update.step.location,
        f"Let the scaler that scales a loss also unscale and step {name}, and call update() after "
        "the step, never between a backward pass and its step.",
        (
            (part.event.location, "the backward pass of the scaled loss"),
            (unscaled, "divided here"),
        ),
        {"optimizer": name, "multiplied_by": part.began, "divided_by": divided},
    )


def _again(study: Study, update: Update, lying: list[Lying]) -> Misuse | None:
    """A plain step on what the scaler has stepped on, or has refused to step on."""
    step = update.step
    orders = {part.event.order for _, part in lying if part.began != 1.0}
    earlier = [
        other.step
        for other in study.ledger.consumptions
        if other.step.optimizer == step.optimizer
        and other.step.scaler is not None
        and other.step.order < step.order
        and any(orders.intersection(found) for found in other.passes.values())
    ]
    if step.scaler is not None or not earlier:
        return None
    name = _optimizer(study, step)
    did = "refused, since they were not finite" if earlier[-1].skipped else "used"
    return Misuse(
        update,
        f"{name} steps past the gradient scaler, on gradients of {share(update, lying)} that the "
        f"scaler's step at {at(earlier[-1].location)} has {did}",
        step.location,
        f"Drop this step: scaler.step({name}) steps the optimizer by itself.",
        ((earlier[-1].location, "the scaler's own step"),),
        {"optimizer": name, "skipped_by_scaler": earlier[-1].skipped},
    )


def _overflowed(study: Study, update: Update, lying: list[Lying]) -> Misuse | None:
    step = update.step
    met = [part for _, part in lying if part.unscaled is not None and part.unscaled.overflow]
    if step.scaler is not None or not met or "nonfinite" not in step.gradients.values():
        return None
    name, unscaled = _optimizer(study, step), met[-1].unscaled
    place = unscaled.location if unscaled else None
    return Misuse(
        update,
        f"{name} steps past the gradient scaler on gradients in which unscale_ had found Inf or "
        f"NaN at {at(place)}",
        step.location,
        f"Step with scaler.step({name}), which skips such a step.",
        ((place, "unscaled here"),),
        {"optimizer": name},
    )


def _optimizer(study: Study, step: Step) -> str:
    return study.run.optimizers[step.optimizer].name


def _unscalings(study: Study, step: Step) -> list[Unscaling]:
    found = (each for each in study.run.unscalings if each.optimizer == step.optimizer)
    return [each for each in found if each.order < step.order]
