"""Record operations as they run: from tensors and arguments to nodes of the value graph."""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType
from typing import Any

import torch

from gradcheck_gan.recording import operations, provenance
from gradcheck_gan.recording.flatness import Flatness
from gradcheck_gan.recording.frames import Place, user_place
from gradcheck_gan.recording.memory import Memory
from gradcheck_gan.recording.nodes import (
    CallRecord,
    Clock,
    Input,
    Node,
    WeakTable,
    storage_key,
    tensors_in,
)
from gradcheck_gan.recording.outside import Outside
from gradcheck_gan.recording.parameters import Parameters
from gradcheck_gan.recording.pending import (
    Pending,
    is_of_clip,
    is_same,
    keeps_history,
    makes_leaf,
    note_numbers,
    target_of,
    tensors_read,
)


class ValueGraph:
    """Nodes of all living tensors. Tensors are never kept alive; nodes keep their inputs' nodes."""

    def __init__(self, clock: Clock, parameters: Parameters) -> None:
        self.clock = clock
        self.parameters = parameters
        self.call: CallRecord | None = None
        self.region: Place | None = None
        self.outer_regions = WeakTable()
        self.opaque: dict[int, Input] | None = None
        self.opaque_since = 0
        self.on_gradient_watch: Callable[[torch.Tensor, Node], None] | None = None
        self.on_gradient_clamped: Callable[[int, Node], None] = lambda *_: None
        self.number_of: Callable[[torch.Tensor, Node], int] | None = None
        self._nodes = WeakTable()
        self._writes: dict[int, Node] = {}
        self.outside = Outside()
        self.memory = Memory()
        self._flatness = Flatness()

    def clear(self) -> None:
        self._nodes.clear()
        self._writes.clear()
        self.outside.clear()

    def known(self, tensor: torch.Tensor) -> Node | None:
        node: Node | None = self._nodes.get(tensor)
        return node

    def assign(self, tensor: torch.Tensor, node: Node) -> None:
        self._nodes.set(tensor, node)

    def node(self, name: str, kind: str, inputs: tuple[Input, ...] = ()) -> Node:
        made = Node(self.clock.tick(), name, kind, inputs)
        made.call = self.call
        return made

    def lookup(self, tensor: torch.Tensor, frame: FrameType | None) -> Node:
        """The node that holds the present content of a tensor."""
        node: Node | None = self._nodes.get(tensor)
        if node is None:
            node = self._unseen(tensor, frame)
            self._nodes.set(tensor, node)
        if node.kind == "parameter":
            self.parameters.watch(tensor)
            return node
        if self._writes:
            node = self._after_writes(tensor, node)
        return node

    def read(self, tensor: torch.Tensor, frame: FrameType | None) -> Input:
        return self.lookup(tensor, frame), tensor.requires_grad

    def _after_writes(self, tensor: torch.Tensor, node: Node) -> Node:
        """Join what was written in place through another tensor of the same storage."""
        key = storage_key(tensor)
        written = None if key is None else self._writes.get(key)
        if written is None or written is node or written.order <= node.order:
            return node
        merged = self.node("in-place write", "merge", ((node, node.live), (written, written.live)))
        merged.call, merged.live, merged.place = written.call, tensor.requires_grad, written.place
        merged.memory = node.memory
        self._nodes.set(tensor, merged)
        return merged

    def _unseen(self, tensor: torch.Tensor, frame: FrameType | None) -> Node:
        known = self.parameters.known(tensor) is not None
        wrapped = isinstance(tensor, torch.nn.Parameter) and not known
        source = None if known else self._alias(tensor)
        if known or (wrapped and not (source and provenance.is_computed(source))):
            return self.parameter_node(tensor)
        if source is not None and wrapped:
            return self.wrapped(source, tensor, frame)
        if source is not None:
            node = self.node("alias", "op", (source,))
            node.live, node.memory = tensor.requires_grad, source[0].memory
            node.cut = "detach" if source[1] and not node.live else None
        else:
            node = self.node("tensor", "source")
            node.live = tensor.requires_grad
            self.outside.trace(node, tensor, frame)
        node.place = user_place(frame)
        return node

    def wrapped(self, source: Input, tensor: torch.Tensor, frame: FrameType | None) -> Node:
        """`nn.Parameter(x)` of a computed x: a leaf on its storage, cut off from what made it."""
        place = user_place(frame)
        if source[1]:
            cut = self.node("Parameter", "op", (source,))
            cut.cut, cut.place = "detach", place
            source = cut, False
        leaf = self.node("Parameter", "op", (source,))
        leaf.live, leaf.place = tensor.requires_grad, place
        return leaf

    def parameter_node(self, tensor: torch.Tensor) -> Node:
        node: Node | None = self._nodes.get(tensor)
        if node is None or node.name != "Parameter":
            node = self.node("parameter", "parameter")
        # What is trained in its own right is a beginning for all who have read it, too.
        node.name, node.kind, node.inputs = "parameter", "parameter", ()
        node.parameter = self.parameters.identify(tensor)
        node.live = True
        self.parameters.memories[node.memory] = node.parameter
        self._nodes.set(tensor, node)
        return node

    def _alias(self, tensor: torch.Tensor) -> Input | None:
        """`Variable(x)` and the like never pass the mode; they share a living tensor's storage."""
        key = storage_key(tensor)
        if key is None:
            return None
        latest: tuple[Node, torch.Tensor] | None = None
        for other, node in self._nodes.items():
            newer = latest is None or node.order > latest[0].order
            if newer and node.kind != "parameter" and storage_key(other) == key:
                latest = (node, other)
        return None if latest is None else (latest[0], latest[1].requires_grad)

    def begin(
        self,
        name: str,
        inplace: bool,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        frame: FrameType,
    ) -> Pending:
        """Look at the arguments of a torch function before it runs."""
        tensors = tensors_read(name, args, kwargs)
        target = target_of(inplace, args, kwargs)
        if target is not None:
            self._about_to_write(target)
        old = None
        if target is not None and name in operations.OVERWRITING and not keeps_history(target):
            tensors = [tensor for tensor in tensors if tensor is not target]
            old = self.read(target, frame) if target.requires_grad else None
        inputs = [self.read(tensor, frame) for tensor in tensors]
        first = tensors[0] if tensors else None
        if name in operations.CLIPPING and not is_of_clip(frame):
            provenance.look_before_clamp(inputs, self.parameters)
        return Pending(name, args, kwargs, frame, inputs, first, target, tensors, old)

    def _about_to_write(self, target: torch.Tensor) -> None:
        known = self._nodes.get(target)
        if known is not None:
            self.parameters.about_to_write(self.parameters.memories.get(known.memory))

    def end(self, pending: Pending, result: Any) -> None:
        """Record what the function computed from what."""
        name, inputs, target = pending.name, pending.inputs, pending.target
        if self.opaque is not None:
            self._enter_opaque(inputs)
            return
        if target is not None and len(inputs) < 2 and self._is_counter(target):
            return
        results = [target] if target is not None else list(tensors_in((result,)))
        if not results or is_same(pending, results[0]):
            return
        if name == "__deepcopy__" and inputs[0][0].kind == "parameter":
            return  # a net's copy is a net of its own
        rebuilt = name in operations.REBUILDING
        if rebuilt:
            inputs = inputs + self.outside.inputs(pending.args)
        if target is None:
            results = self._set_apart(pending, results)
        if makes_leaf(results, inputs):
            inputs = [self._cut_off(pending, inputs)]
        merged = target is not None and keeps_history(target)
        node = self.node(name, "rebuild" if rebuilt else "merge" if merged else "op", tuple(inputs))
        before = None if target is None else self._nodes.get(target)
        if before is not None:
            node.memory = before.memory
        self._complete(node, results, pending)
        if rebuilt and not inputs:
            self.outside.trace(node, results[0], pending.frame)
        self._finish(node, results, target)

    def _is_counter(self, target: torch.Tensor) -> bool:
        """A batch norm counts its batches in place: nothing new comes in, for ever."""
        whole = not target.is_floating_point() and not target.is_complex()
        return whole and self._nodes.get(target) is not None

    def _set_apart(self, pending: Pending, results: list[torch.Tensor]) -> list[torch.Tensor]:
        """`sort`, `topk`, `max` and the like return values that carry gradient and indices that
        do not: the latter are a result of their own."""
        carrying = [tensor for tensor in results if tensor.requires_grad]
        others = [tensor for tensor in results if not tensor.requires_grad]
        if not carrying or not others:
            return results
        node = self.node(pending.name, "op", tuple(pending.inputs))
        self._complete(node, others, pending)
        self._finish(node, others, None)
        return carrying

    def _cut_off(self, pending: Pending, inputs: list[Input]) -> Input:
        node = self.node(pending.name, "op", tuple(inputs))
        node.place = user_place(pending.frame)
        # Without gradient, a view of what requires it is a leaf that requires it.
        viewed = pending.target is None and not torch.is_grad_enabled()
        kind = "no_grad" if viewed else "detach"
        node.cut = "escape" if pending.name in operations.REBUILDING else kind
        node.region = self.region if node.cut == "no_grad" else None
        return node, False

    def _complete(self, node: Node, results: list[torch.Tensor], pending: Pending) -> None:
        node.place = user_place(pending.frame)
        node.live = any(tensor.requires_grad for tensor in results)
        if not node.live and any(live for _, live in node.inputs):
            node.cut = self.cut_kind(node)
            node.region = self.region if node.cut == "no_grad" else None
        if node.live and node.kind != "merge":
            node.zero = self._flatness.is_flat(node, pending, results)
        if node.zero and pending.overwritten is not None:
            node.inputs += (pending.overwritten,)  # gradient goes back to it, as zero
        note_numbers(node, pending)
        self.memory.note(node, results, pending)
        if self.number_of is not None and results:
            node.sequence = self.number_of(results[0], node)
        if node.live and results and self.on_gradient_watch is not None:
            self.on_gradient_watch(results[0], node)

    def cut_kind(self, node: Node) -> str:
        if node.name in operations.DETACHING:
            return "detach"
        if not torch.is_grad_enabled():
            return "no_grad"
        if node.kind == "rebuild":
            return "escape"
        return "function" if node.kind == "function" else "operation"

    def _finish(self, node: Node, results: list[torch.Tensor], target: torch.Tensor | None) -> None:
        if target is None:
            for tensor in results:
                known = self._nodes.get(tensor)
                if known is None or known.kind != "parameter":
                    self._nodes.set(tensor, node)
            return
        known = self._nodes.get(target)
        gradient = provenance.gradient_behind(known)
        if gradient is not None and gradient.parameter is not None:
            keeps = provenance.keeps_gradient(node, gradient)
            self.parameters.rewritten(gradient.parameter, node.name, keeps=keeps)
            self.on_gradient_clamped(gradient.parameter, node)
            return
        if known is None or known.kind != "parameter":
            self._nodes.set(target, node)
        self.written(target, node)

    def written(self, target: torch.Tensor, node: Node) -> None:
        """Content of a storage changed in place; whoever shares it reads the new value."""
        self.memory.written(node)
        key = storage_key(target)
        if key is not None:
            self._writes[key] = node
            self.parameters.written(key, node)

    def _enter_opaque(self, inputs: list[Input]) -> None:
        """Inside a custom Function only what came from outside counts: its parameters."""
        assert self.opaque is not None
        for node, live in inputs:
            if node.order <= self.opaque_since or node.kind == "parameter":
                self.opaque.setdefault(node.order, (node, live))
