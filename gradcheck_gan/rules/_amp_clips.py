"""Clips whose bound met gradients that were still scaled."""

from __future__ import annotations

import math
from collections.abc import Iterator

from gradcheck_gan.analysis.scaling import Scaling, is_scaled_at
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rules._amp_misuse import Lying, Misuse, number
from gradcheck_gan.run import Clip
from gradcheck_gan.words import listed


def of_clip(study: Study, scaling: Scaling, clip: Clip) -> Iterator[Misuse]:
    if not (math.isfinite(clip.size) and clip.size > clip.bound):
        return  # it changed nothing, or the step will be skipped
    parts = scaling.at_clip.get(clip.order, {})
    # What nobody steps is never unscaled either; that nobody does is another fault.
    owned = frozenset[int]().union(*(held.parameters for held in study.run.optimizers.values()))
    scaled = [
        (parameter, part)
        for parameter, found in parts.items()
        if parameter in owned
        for part in found
        if is_scaled_at(clip, part)
    ]
    update = _step_behind(study, scaling, clip) if scaled else None
    if update is not None:
        yield _misuse(study, clip, update, scaled)


def _step_behind(study: Study, scaling: Scaling, clip: Clip) -> Update | None:
    """The first step that uses what was clipped; one that the scaler skips uses nothing."""
    lying = {
        (parameter, part.event.order)
        for parameter, parts in scaling.at_clip[clip.order].items()
        for part in parts
    }
    for update in study.updates:
        if update.step.order > clip.order:
            used = {
                (parameter, part.event.order)
                for parameter, parts in scaling.at_step.get(update.step.order, {}).items()
                if parameter in update.parameters
                for part in parts
            }
            if lying & used:
                return update
    return None


def _misuse(study: Study, clip: Clip, update: Update, scaled: list[Lying]) -> Misuse:
    scale = max(part.factor for _, part in scaled)
    names = [p.name for p in study.players if any(each in p.parameters for each, _ in scaled)]
    met = "norm" if clip.kind == "norm" else "largest entry"
    name = study.run.optimizers[update.step.optimizer].name
    left = f"; of the bound of {number(clip.bound)}, {number(clip.bound / scale)} is left then"
    return Misuse(
        update,
        f"the gradients of {listed(names)} are clipped while they are still multiplied by "
        f"{number(scale)}: their {met} was {number(clip.size)} here, and the step at "
        f"{at(update.step.location)} comes after{left if update.step.scaler else ''}",
        clip.location,
        f"Call scaler.unscale_({name}) between the backward pass and the clipping, and then "
        f"scaler.step({name}).",
        (
            (scaled[-1][1].event.location, "the backward pass of the scaled loss"),
            (update.step.location, f"{update.player.name} is stepped here"),
        ),
        {"optimizer": name, "scale": scale, "bound": clip.bound, met.replace(" ", "_"): clip.size},
    )
