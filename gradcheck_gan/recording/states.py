"""What is known of one parameter's gradient, and how its numbers tell what was done to it."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch

from gradcheck_gan.recording.contents import dense_of, entry_at

_ROUNDING = 0.01
"""Of an entry in half precision that was scaled, relatively."""


class Content(NamedTuple):
    """A parameter's version, as torch counts it, and a few of its entries."""

    version: int
    entries: tuple[float, ...]


@dataclass
class State:
    """What is known of one parameter's gradient since it was last cleared.

    `probe` is a position whose entry was not zero after the last deposit, with that entry: looking
    there tells in constant time whether somebody zeroed the gradient, however it was done.
    `lively` is the first such position ever seen. `entry` is what stood there after the last
    change that is accounted for, and `touched` tells of one that is not.
    """

    reference: weakref.ref[torch.Tensor]
    hook: Any = None
    outstanding: bool = False
    was_zero: bool = True
    probe: tuple[int, float] | None = None
    bounds: tuple[float, float] = (0.0, 0.0)
    unknown: bool = False
    shape: tuple[int, ...] = ()
    deposits: int = 0
    used: bool = False
    before: Content | None = None
    lively: int = 0
    entry: float = 0.0
    touched: bool = False

    @property
    def gradient(self) -> torch.Tensor | None:
        parameter = self.reference()
        return None if parameter is None else parameter.grad


@dataclass
class Looked:
    """What a look at all gradients found: cleared, or changed by hand so that nothing is known."""

    cleared: set[int] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)


def shape_of(tensor: torch.Tensor) -> tuple[int, ...]:
    try:
        return tuple(tensor.shape)
    except RuntimeError:
        return ()  # a lazy module's parameter has no shape before the first forward


def is_still_nonzero(dense: torch.Tensor, state: State) -> bool:
    """Whether one look tells: finite at the deposit, and at the probe neither zero nor NaN now."""
    low, high = state.bounds
    if state.unknown or state.probe is None or high - low - (high - low) != 0.0:
        return False
    entry = entry_at(dense, state.probe[0])
    return entry != 0.0 and entry - entry == 0.0


def is_cleared(gradient: torch.Tensor, state: State) -> bool:
    dense = dense_of(gradient)
    if state.probe is not None and entry_at(dense, state.probe[0]) != 0.0:
        return False
    return not bool(dense.any())


def is_touched(gradient: torch.Tensor, state: State) -> bool:
    """By more than rounding; what is watched for are factors of two and more."""
    if state.probe is None:
        return False
    now = entry_at(dense_of(gradient), state.probe[0])
    if now == state.entry or (now != now and state.entry != state.entry):
        return False
    return not abs(now - state.entry) <= _ROUNDING * abs(state.entry)


def is_hooked(parameter: torch.Tensor) -> bool:
    """Whether hooks of the script see the gradient as it arrives; one of them is ours."""
    after: Any = getattr(parameter, "_post_accumulate_grad_hooks", None)
    return bool(parameter._backward_hooks) or len(after or ()) > 1
