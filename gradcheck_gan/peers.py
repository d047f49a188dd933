"""What is recorded only where several processes train together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gradcheck_gan.location import Location
from gradcheck_gan.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Share:
    """One step on one of several ranks: the figures of `Step`, by the parameters' names."""

    optimizer: str
    figures: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Peer:
    """Another process that trained with this one; `ended` is the time of day, in seconds."""

    rank: int
    outcome: Outcome
    ended: float
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Replica:
    """A call of a wrapper that is to average gradients over all ranks.

    `synchronises` tells whether it will after this call, `custom` whether a hook of the script's
    does it in its own way.
    """

    order: int
    module: int
    location: Location | None
    synchronises: bool
    custom: bool = False


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Buffers of a module that were written over with those of another rank, in place.

    `shapes` are those of all that was sent with them.
    """

    order: int
    module: int
    location: Location | None
    buffers: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
