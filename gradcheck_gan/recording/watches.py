"""Hooks on nodes of autograd: what becomes of a gradient on its way down."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import torch

from gradcheck_gan.recording.contents import any_nonzero, scores_of, signal_of
from gradcheck_gan.recording.nodes import Node, is_opposite, storage_key, tensors_in
from gradcheck_gan.recording.operations import SATURATING
from gradcheck_gan.recording.patches import own_hook_ids
from gradcheck_gan.recording.unseen import readable

if TYPE_CHECKING:
    from gradcheck_gan.recording.engine import Running
    from gradcheck_gan.recording.recorder import Recorder

_Look = Callable[["Running", Node, Any, Any, list[bool]], None]
"""Given a pass, a node, the gradients that left it and that arrived, and which inputs wait."""


DEEPEST = 20_000
"""No node of autograd is touched beyond: torch frees touched chains recursively and dies."""


TOO_DEEP = (
    f"the graph is more than {DEEPEST:,} operations deep; beyond that no gradient was watched on "
    "its way, and what is said rests on the recorded operations and on the gradients that arrived "
    "in the parameters"
)


class Watches:
    """Steps that found only zeros, or nothing, make it look at more operations."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._saturation = False
        self._refusals = False

    def look_closer(self, states: Iterable[str]) -> None:
        """From now on, after a step that found these `states` of gradients and no others."""
        found = set(states)
        self._saturation |= found == {"zero"}
        self._refusals |= found == {"none"}

    def output(self, tensor: torch.Tensor, call: int) -> None:
        """Note the gradient that arrives at a module's output, averaged over the batch."""
        value = self._recorder.graph.known(tensor)
        node = None if value is None or self._is_too_deep(value) else tensor.grad_fn
        if node is None:
            return

        def arrived(gradients: tuple[Any, ...]) -> None:
            running = self._recorder.engine.running
            if running is not None and gradients and isinstance(gradients[0], torch.Tensor):
                with self._recorder.guarded():
                    running.signals[call] = signal_of(gradients[0])
                    running.scores[call] = scores_of(gradients[0])

        with own_hook_ids():
            node.register_prehook(arrived)

    def operation(self, tensor: torch.Tensor, node: Node) -> None:
        """What an operation made: whether its gradient is looked at depends on what was seen."""
        saturating = self._saturation and node.name in SATURATING
        if node.zero or saturating:
            self.zero(tensor, node)
        elif self._refusals:
            self._watch(tensor, node, _look_for_refusal)

    def zero(self, tensor: torch.Tensor, node: Node) -> None:
        """Note whether a non-zero gradient becomes zero, or None, in one node."""
        self._watch(tensor, node, self._look_for_zero)

    def _watch(self, tensor: torch.Tensor, node: Node, look: _Look) -> None:
        function = None if self._is_too_deep(node) else tensor.grad_fn
        if function is None:
            return
        wanted = [producer is not None for producer, _ in function.next_functions]

        def left(gradients: Any, arrived: Any) -> None:
            running = self._recorder.engine.running
            if running is not None:
                look(running, node, gradients, arrived, wanted)

        with own_hook_ids():
            function.register_hook(left)

    def _look_for_zero(
        self, running: Running, node: Node, gradients: Any, arrived: Any, wanted: list[bool]
    ) -> None:
        with self._recorder.guarded():
            _note_zero(running, node, gradients, arrived, wanted)

    def _is_too_deep(self, node: Node) -> bool:
        if node.depth > DEEPEST:
            self._recorder.note(TOO_DEEP)
        return node.depth > DEEPEST


def _note_zero(
    running: Running, node: Node, gradients: Any, arrived: Any, wanted: list[bool]
) -> None:
    tensors = [g for g in arrived if isinstance(g, torch.Tensor)]
    if not all(storage_key(g) is not None and readable(g) for g in tensors):
        return
    if not any_nonzero(tensors):
        return
    given = [g for g, needed in zip(gradients, wanted, strict=False) if needed]
    if all(gradient is None for gradient in given):
        running.refused.add(node.order)
    elif not any_nonzero(gradients):
        running.zeroed.add(node.order)
    else:
        running.passed.add(node.order)
        if node.alike and any(is_opposite(g, tensors[0]) for g in tensors_in(given)):
            running.reversed.add(node.order)


def _look_for_refusal(
    running: Running, node: Node, gradients: Any, arrived: Any, wanted: list[bool]
) -> None:
    """A gradient arrived at a node that gave none to whatever waited for one."""
    nothing = not any(g is not None and w for g, w in zip(gradients, wanted, strict=False))
    if nothing and any(g is not None for g in arrived):
        running.refused.add(node.order)
