"""A torch function that is about to run: what it reads, what it writes."""

from __future__ import annotations

import math
from types import FrameType
from typing import Any, NamedTuple

import torch
from torch.nn.utils import clip_grad

from gradcheck_gan.recording import operations
from gradcheck_gan.recording.nodes import Input, Node, tensors_in
from gradcheck_gan.recording.unseen import readable


class Pending(NamedTuple):
    """A torch function that is about to run, and what it reads.

    `overwritten` is what a write in place replaces, where that has a graph.
    """

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    frame: FrameType
    inputs: list[Input]
    first: torch.Tensor | None
    target: torch.Tensor | None
    tensors: list[torch.Tensor]
    overwritten: Input | None = None


def note_numbers(node: Node, pending: Pending) -> None:
    """Plain numbers among the arguments: a factor, a summand, the bounds of a clamp."""
    if node.name in operations.SCALING:
        node.constant = constant_of(pending.args)
    elif node.name in operations.SUMMING:
        numbers = [float(each) for each in pending.args[:2] if type(each) in (int, float)]
        node.constant = numbers[0] if numbers else None
    elif node.name in operations.CLIPPING and not is_of_clip(pending.frame):
        node.bounds = bounds_of(pending)
    elif node.name in operations.STACKING:
        node.stacks = _is_along_rows(pending)


def is_of_clip(frame: FrameType) -> bool:
    """torch's own functions clip in several steps; they are known as a whole."""
    return frame.f_code.co_filename == clip_grad.__file__


def _is_along_rows(pending: Pending) -> bool:
    """One below the other, as samples of a batch."""
    given = [pending.kwargs[key] for key in ("dim", "axis") if key in pending.kwargs]
    along = given[0] if given else pending.args[1] if len(pending.args) > 1 else 0
    first = pending.tensors[0] if pending.tensors else None
    return first is not None and type(along) is int and along in (0, -first.dim())


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


def bounds_of(pending: Pending) -> tuple[float, float] | None:
    """The two numbers that a clamp keeps its values between; None if they are no numbers."""
    given = list(pending.args[1:3])
    if pending.name.startswith("clamp_max"):
        given.insert(0, None)
    names = (("min", "min_val"), ("max", "max_val"))
    bounds = []
    for n, (keys, missing) in enumerate(zip(names, (-math.inf, math.inf), strict=True)):
        by_name = [pending.kwargs[key] for key in keys if key in pending.kwargs]
        bound = given[n] if n < len(given) else by_name[0] if by_name else None
        if isinstance(bound, torch.Tensor):
            bound = float(bound) if _is_plain_number(bound) else math.nan
        bounds.append(missing if bound is None else float(bound))
    return None if any(map(math.isnan, bounds)) else (bounds[0], bounds[1])


def _is_plain_number(tensor: torch.Tensor) -> bool:
    """Reading it costs no wait for a device."""
    here = tensor.device.type == "cpu" and tensor.is_floating_point()
    return here and tensor.dim() == 0 and not tensor.requires_grad and readable(tensor)


def tensors_read(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[torch.Tensor]:
    """Those among the arguments whose numbers count."""
    if name in operations.SHAPE_ONLY:
        return []
    tensors = list(tensors_in(args))
    if kwargs:
        tensors.extend(tensors_in(v for key, v in kwargs.items() if key != "out"))
    if name in operations.FIRST_INPUT_ONLY:
        return tensors[:1]
    # The first one only lends its type.
    return tensors[1:] if name == "new_tensor" else tensors


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


def makes_leaf(results: list[torch.Tensor], inputs: list[Input]) -> bool:
    """`torch.tensor(x, requires_grad=True)`: it requires grad, and has none from its input."""
    leaves = all(tensor.requires_grad and tensor.is_leaf for tensor in results)
    return leaves and any(live for _, live in inputs)


def is_same(pending: Pending, result: torch.Tensor) -> bool:
    """`x.to("cpu")` and the like often return x itself: nothing was computed."""
    if pending.target is not None:
        return False
    return result is pending.first and pending.name in operations.RETURNS_ITSELF
