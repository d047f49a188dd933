"""Gradients with a graph that leave autograd as plain numbers: penalties that became a constant."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from gradcheck_gan.recording.nodes import Node

_KEPT = 64
_LOOKED_AT = 64


class Slopes:
    """`any` says whether autograd.grad has given a result with a graph; before, nothing is done."""

    def __init__(self) -> None:
        self.any = False
        self._left: deque[tuple[Node, float]] = deque(maxlen=_KEPT)

    def left(self, node: Node, result: Any) -> None:
        """`node` became a plain value; kept if it is a number that was made of a gradient."""
        if self.any and type(result) is float and is_made_of_slope(node):
            self._left.append((node, result))

    def __iter__(self) -> Iterator[tuple[Node, float]]:
        return iter(self._left)


def is_made_of_slope(node: Node) -> bool:
    seen: set[int] = set()
    pending = deque([node])
    while pending and len(seen) < _LOOKED_AT:
        node = pending.popleft()
        if node.kind == "grad" and node.live and node.name == "autograd.grad":
            return True
        if node.order not in seen:
            seen.add(node.order)
            pending.extend(source for source, _ in node.inputs)
    return False
