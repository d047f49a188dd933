"""What the script did with the gradients that a pass had left, before the next pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gradcheck_gan.location import Location


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What came after the pass of this `order`.

    `read` are the parameters whose gradient was looked at; `others` tells whether that of a tensor
    that is no parameter was. `cleared` maps parameters to the line that was about to clear theirs.
    """

    order: int
    read: frozenset[int] = frozenset()
    others: bool = False
    cleared: Mapping[int, Location | None] = field(default_factory=dict)
