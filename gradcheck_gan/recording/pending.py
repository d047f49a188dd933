"""A torch function that is about to run: what it reads, what it writes."""

from __future__ import annotations

from types import FrameType
from typing import Any, NamedTuple

import torch

from gradcheck_gan.recording import operations
from gradcheck_gan.recording.nodes import Input


class Pending(NamedTuple):
    """A torch function that is about to run, and what it reads."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    frame: FrameType
    inputs: list[Input]
    first: torch.Tensor | None
    target: torch.Tensor | None
    tensors: list[torch.Tensor]


def constant_of(args: tuple[Any, ...]) -> float | None:
    """A factor that is a plain number or a one-element tensor without gradient."""
    factors: list[float] = []
    for argument in args[:2]:
        if type(argument) in (int, float):
            return float(argument)
        if isinstance(argument, torch.Tensor) and _is_plain_number(argument):
            factors.append(float(argument))
    if 0.0 in factors:
        return 0.0
    return factors[0] if len(factors) == 1 else None


def _is_plain_number(tensor: torch.Tensor) -> bool:
    """Reading it costs no wait for a device."""
    here = tensor.device.type == "cpu" and tensor.is_floating_point()
    return here and tensor.dim() == 0 and not tensor.requires_grad


def target_of(inplace: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.Tensor | None:
    out = kwargs.get("out")
    if isinstance(out, torch.Tensor):
        return out
    if args and isinstance(args[0], torch.Tensor) and (inplace or kwargs.get("inplace") is True):
        return args[0]
    return None


def keeps_history(target: torch.Tensor) -> bool:
    """Written without gradient, a tensor that requires it keeps its place in autograd."""
    return target.requires_grad and not torch.is_grad_enabled()


def is_same(pending: Pending, result: torch.Tensor) -> bool:
    """`x.to("cpu")` and the like often return x itself: nothing was computed."""
    if pending.target is not None:
        return False
    return result is pending.first and pending.name in operations.RETURNS_ITSELF
