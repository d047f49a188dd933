"""Values that left autograd as Python numbers or arrays, and may come back as new tensors."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from types import CodeType, FrameType
from typing import Any

import torch

from gradcheck_gan.recording.frames import user_chain
from gradcheck_gan.recording.nodes import Input, Node, WeakTable
from gradcheck_gan.recording.unseen import readable

_REMEMBERED = 64
_GUESSES = 8
_CHAIN = 12
_ENTRIES = 64
_TELLING, _TELLING_WHOLE = 6, 24


Print = tuple[float, ...]
"""A few entries of a tensor, by which its copy is known again."""


class Outside:
    """What left is known again by the identity of the array or of the number, or by its content;
    failing that, a new tensor is only guessed to hold it, by when and where it was made."""

    def __init__(self) -> None:
        self._arrays = WeakTable()
        self._left: deque[tuple[Node, frozenset[CodeType], Print]] = deque(maxlen=_REMEMBERED)
        # Each float that torch hands out is an object of its own; while held, it has its identity.
        self._numbers: deque[tuple[float, Node]] = deque(maxlen=_REMEMBERED)

    def clear(self) -> None:
        self._arrays.clear()
        self._numbers.clear()
        self._left.clear()

    def left(
        self, node: Node, tensor: torch.Tensor | None, result: Any, frame: FrameType | None
    ) -> None:
        """Remember values that became a number, a list or an array."""
        node.cut = "escape" if any(live for _, live in node.inputs) else None
        content = _print_of(tensor) if tensor is not None else ()
        self._left.append((node, _codes(frame), content))
        if type(result).__name__ == "ndarray":
            self._arrays.set(result, node)
        elif node.cut is not None:
            self._numbers.extend((number, node) for number in _numbers_in((result,)))

    def inputs(self, arguments: tuple[Any, ...]) -> list[Input]:
        """Arrays and numbers among the arguments that are known to come from a tensor."""
        arrays = (
            self._arrays.get(thing) for thing in arguments if type(thing).__name__ == "ndarray"
        )
        found = [node for node in arrays if node is not None]
        for number in _numbers_in(arguments) if self._numbers else ():
            same = (node for held, node in reversed(self._numbers) if held is number)
            found += [node for node in same if node not in found][:1]
        return [(node, False) for node in found]

    def trace(self, node: Node, tensor: torch.Tensor, frame: FrameType | None) -> None:
        """Where a tensor from nowhere comes from: by content, or a guess at what left nearby."""
        if not self._left:
            return
        content = _print_of(tensor)
        same = [escape for escape, _, left in self._left if content and left == content]
        if same:
            node.inputs = ((same[-1], False),)
            node.depth = same[-1].depth + 1
            node.kind = "rebuild"
            return
        here = _codes(frame)
        near = [escape for escape, codes, _ in self._left if here & codes]
        if near:
            node.guessed = tuple(near[-_GUESSES:])
            node.kind = "rebuild"


def _numbers_in(things: tuple[Any, ...]) -> list[float]:
    """Single floats and those of short lists: longer ones are known by their content."""
    found: list[float] = []
    for thing in things:
        if type(thing) is float:
            found.append(thing)
        elif type(thing) in (list, tuple) and len(thing) < _TELLING:
            found += [number for number in thing if type(number) is float]
    return found


def _print_of(tensor: torch.Tensor) -> Print:
    """Empty for tensors too small or too uniform to be known by a few entries."""
    if tensor.layout is not torch.strided or tensor.is_complex() or tensor.is_quantized:
        return ()
    if not readable(tensor):
        return ()
    size = tensor.numel()
    if size < _TELLING or tensor.device.type != "cpu":
        return ()
    with torch.no_grad():
        flat = tensor.detach().reshape(-1)
        content = tuple(flat[:: max(size // _ENTRIES, 1)].double().tolist())
    changes = sum(one != other for one, other in pairwise(content))
    # Whole numbers are often labels: two small lists of those are soon the same by chance.
    needed = _TELLING - 1 if tensor.is_floating_point() else _TELLING_WHOLE
    return (float(size), *content) if changes >= needed else ()


def _codes(frame: FrameType | None) -> frozenset[CodeType]:
    return frozenset(code for code, _ in user_chain(frame, _CHAIN))
