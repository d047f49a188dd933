"""What a gradient scaler and a clip did to gradients: frozen data of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gradcheck_gan.location import Location


@dataclass(frozen=True, slots=True)
class Unscaling:
    """A gradient scaler divided the gradients of an optimizer by its scale.

    `parameters` are those that had any. `overflow` tells that it met Inf or NaN. `asked` tells that
    the script has asked the scaler for its scale, and may have used it by itself.
    """

    order: int
    round: int
    optimizer: int
    scaler: int
    location: Location | None
    scale: float
    parameters: frozenset[int]
    overflow: bool = False
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Clip:
    """Gradients were clipped to `bound`, by their common norm or entry by entry.

    `size` is the norm, or the largest entry, that was met. `by_hand` tells of a plain clamp, which
    may also guard scaled gradients against overflow. Only recorded beside a gradient scaler.
    """

    order: int
    round: int
    location: Location | None
    kind: Literal["norm", "value"]
    bound: float
    size: float
    parameters: frozenset[int]
    asked: bool = False
    by_hand: bool = False
