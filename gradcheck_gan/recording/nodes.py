"""The live value graph: which operation made the content of which tensor, held weakly."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

from gradcheck_gan.recording.frames import Place

Input = tuple["Node", bool]
"""An input and whether its tensor required grad when it was read."""


_ALONG = 0.9
"""Cosine from which on two tensors count as pointing the same way."""

_COPYING = frozenset("data detach alias copy_ clone contiguous view reshape".split())


class Clock:
    """Numbers values and events alike, so that their order can be compared."""

    def __init__(self) -> None:
        self.now = 0

    def tick(self) -> int:
        self.now += 1
        return self.now


class CallRecord:
    """One call of a module; inputs and outputs are the orders of nodes, so that no cycle arises."""

    __slots__ = ("hooked", "inputs", "module", "moved", "order", "outputs", "parent", "place")

    def __init__(
        self, order: int, module: int, parent: CallRecord | None, place: Place | None
    ) -> None:
        self.order = order
        self.module = module
        self.parent = parent
        self.place = place
        self.inputs: tuple[int, ...] = ()
        self.outputs: tuple[int, ...] = ()
        self.moved = 0
        self.hooked = False


class Node:
    """What one operation left in its results; becomes a `Value` when the run is frozen."""

    __slots__ = (
        "alike",
        "bounds",
        "call",
        "constant",
        "cut",
        "depth",
        "guessed",
        "hooked",
        "inputs",
        "keeps",
        "kind",
        "live",
        "memory",
        "name",
        "order",
        "parameter",
        "place",
        "region",
        "scale",
        "sequence",
        "stacks",
        "zero",
    )

    def __init__(self, order: int, name: str, kind: str, inputs: tuple[Input, ...] = ()) -> None:
        self.order = order
        self.name = name
        self.kind = kind
        self.inputs = inputs
        self.live = False
        self.cut: str | None = None
        self.place: Place | None = None
        self.region: Place | None = None
        self.call: CallRecord | None = None
        self.parameter: int | None = None
        self.constant: float | None = None
        self.guessed: tuple[Node, ...] = ()
        self.zero = False
        self.hooked = False
        self.bounds: tuple[float, float] | None = None
        self.memory = order
        self.keeps: tuple[int, ...] = ()
        self.alike = False
        self.sequence = -1
        self.stacks = False
        self.scale = 1.0
        self.depth: int = 1 + max((node.depth for node, _ in inputs), default=0)


def clipped_to(node: Node, parameter: int) -> tuple[float, float] | None:
    """The bounds, if the node holds the parameter's own values, clipped and otherwise unchanged."""
    bounds = None
    while node.kind != "parameter":
        copied = node.name in _COPYING or node.cut == "detach"
        if not node.inputs or not (copied or node.bounds is not None):
            return None
        bounds = bounds or node.bounds
        # What `copy_` overwrites comes first, where it is recorded at all.
        node = node.inputs[-1 if node.name == "copy_" else 0][0]
    return bounds if node.parameter == parameter else None


class _Reference(weakref.ref):  # type: ignore[type-arg]
    __slots__ = ("key",)

    key: int


class WeakTable:
    """A dictionary keyed by object identity that forgets an object when it dies."""

    def __init__(self) -> None:
        self._entries: dict[int, tuple[_Reference, Any]] = {}

        def forget(
            reference: Any, entries: dict[int, tuple[_Reference, Any]] = self._entries
        ) -> None:
            held = entries.get(reference.key)
            if held is not None and held[0] is reference:
                del entries[reference.key]

        self._forget: Callable[[Any], None] = forget

    def get(self, thing: object) -> Any:
        held = self._entries.get(id(thing))
        return held[1] if held is not None and held[0]() is thing else None

    def set(self, thing: object, value: Any) -> None:
        key = id(thing)
        held = self._entries.get(key)
        if held is not None and held[0]() is thing:
            self._entries[key] = (held[0], value)
            return
        reference = _Reference(thing, self._forget)
        reference.key = key
        self._entries[key] = (reference, value)

    def items(self) -> list[tuple[Any, Any]]:
        living = ((reference(), value) for reference, value in list(self._entries.values()))
        return [(thing, value) for thing, value in living if thing is not None]

    def clear(self) -> None:
        self._entries.clear()


def tensors_in(arguments: Iterable[Any]) -> Iterator[torch.Tensor]:
    """Tensors in positional or keyword arguments, lists, tuples and dicts of them included."""
    for argument in arguments:
        if isinstance(argument, torch.Tensor):
            yield argument
        elif isinstance(argument, (list, tuple)):
            yield from tensors_in(argument)
        elif isinstance(argument, dict):
            yield from tensors_in(argument.values())


def storage_key(tensor: torch.Tensor) -> int | None:
    try:
        return int(tensor.untyped_storage()._cdata)
    except (RuntimeError, ValueError, NotImplementedError, AttributeError):
        return None  # sparse, nested, functorch and uninitialised tensors have no storage


def is_like(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether the entries of two tensors rise and fall together."""
    return _comparable(one, other) and _cosine(one, other, centred=True) > _ALONG


def is_opposite(one: torch.Tensor, other: torch.Tensor) -> bool:
    return _comparable(one, other) and _cosine(one, other, centred=False) < -_ALONG


def _comparable(one: torch.Tensor, other: torch.Tensor) -> bool:
    if one.numel() != other.numel() or one.dtype != other.dtype or not one.is_floating_point():
        return False
    return storage_key(one) is not None and storage_key(other) is not None


def _cosine(one: torch.Tensor, other: torch.Tensor, *, centred: bool) -> float:
    with torch.no_grad():
        first, second = (tensor.detach().reshape(-1).float() for tensor in (one, other))
        if centred:
            first, second = first - first.mean(), second - second.mean()
        size = float(first.norm() * second.norm())
        return float(first @ second) / size if size > 0 else 0.0
