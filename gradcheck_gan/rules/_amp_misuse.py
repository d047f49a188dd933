"""What the judges of mixed precision share: one misuse, and numbers in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gradcheck_gan.analysis.scaling import Part
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.rule import Subject
from gradcheck_gan.run import Location
from gradcheck_gan.words import counted


@dataclass(frozen=True, slots=True)
class Misuse:
    """One step, clip or penalty that met gradients that were scaled wrongly."""

    update: Update
    message: str
    location: Location | None
    fix: str
    related: tuple[tuple[Location | None, str], ...] = ()
    evidence: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)

    def subjects(self, study: Study) -> set[Subject]:
        passes = (study.ledger.passes[order] for order in self.update.consumed)
        return {(self.update.player.id, event.site) for event in passes}


Lying = tuple[int, Part]
"""A parameter and what a pass left there."""


def share(update: Update, found: Iterable[Lying]) -> str:
    """`4 of 6 parameters of netD`."""
    player = update.player
    number = len({parameter for parameter, _ in found})
    return f"{number} of {counted(len(player.parameters), 'parameter')} of {player.name}"


def number(value: float) -> str:
    if value == round(value, 0) and value >= 1.0:
        return f"{value:.0f}"
    return f"{value:.6g}" if value >= 1.0 else f"{value:.2g}"
