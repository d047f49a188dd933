"""Values that left autograd as Python numbers or arrays, and may come back as new tensors."""

from __future__ import annotations

from collections import deque
from types import CodeType, FrameType
from typing import Any

from gradcheck_gan.recording.frames import user_chain
from gradcheck_gan.recording.nodes import Input, Node, WeakTable

_REMEMBERED = 64
_GUESSES = 8
_CHAIN = 12


class Outside:
    """Arrays are known by identity, held weakly; numbers only by when and where they left."""

    def __init__(self) -> None:
        self._arrays = WeakTable()
        self._left: deque[tuple[Node, frozenset[CodeType]]] = deque(maxlen=_REMEMBERED)

    def clear(self) -> None:
        self._arrays.clear()
        self._left.clear()

    def left(self, node: Node, result: Any, frame: FrameType | None) -> None:
        """Remember values that became a number, a list or an array."""
        node.cut = "escape" if any(live for _, live in node.inputs) else None
        self._left.append((node, _codes(frame)))
        if type(result).__name__ == "ndarray":
            self._arrays.set(result, node)

    def inputs(self, arguments: tuple[Any, ...]) -> list[Input]:
        """Arrays among the arguments that are known to come from a tensor."""
        nodes = (
            self._arrays.get(thing) for thing in arguments if type(thing).__name__ == "ndarray"
        )
        return [(node, False) for node in nodes if node is not None]

    def guess(self, node: Node, frame: FrameType | None) -> None:
        """A tensor from nowhere may hold values that left autograd in these frames just now."""
        if not self._left:
            return
        here = _codes(frame)
        near = [escape for escape, codes in self._left if here & codes]
        if near:
            node.guessed = tuple(near[-_GUESSES:])
            node.kind = "rebuild"


def _codes(frame: FrameType | None) -> frozenset[CodeType]:
    return frozenset(code for code, _ in user_chain(frame, _CHAIN))
