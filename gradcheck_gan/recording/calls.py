"""Calls of modules and of custom autograd functions."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from types import FrameType
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.parameter import is_lazy

from gradcheck_gan.recording.frames import user_place
from gradcheck_gan.recording.instrument import watched
from gradcheck_gan.recording.nodes import CallRecord, Input, WeakTable, is_like, tensors_in

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder

_Begun = tuple[CallRecord | None, CallRecord | None, torch.nn.Module, list[int]]
_Applied = tuple[Any, list[torch.Tensor], list[Input], FrameType]


class Modules:
    """Which module is being called, from where, on what; modules are held weakly."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._ids = WeakTable()
        self.called: set[int] = set()
        self._count = 0

    def identify(self, module: torch.nn.Module) -> int:
        known = self._ids.get(module)
        if known is None:
            self._count += 1
            known = self._count
            self._ids.set(module, known)
        return int(known)

    def items(self) -> list[tuple[torch.nn.Module, int]]:
        return self._ids.items()

    def install(self, stack: ExitStack) -> None:
        stack.enter_context(watched(torch.nn.Module._wrapped_call_impl, self))

    def begin(self, module: torch.nn.Module, args: Any, kwargs: Any) -> _Begun | None:
        try:
            return self._begin(module, args, kwargs, sys._getframe(2))
        except RecursionError:
            return None  # the script has no room for this call either

    def _begin(
        self, module: torch.nn.Module, args: Any, kwargs: Any, frame: FrameType
    ) -> _Begun | None:
        recorder = self._recorder
        recorder.optimizers.notice_broken()
        graph = recorder.graph
        if recorder.paused or not self._is_recorded(module) or graph.opaque is not None:
            return None
        outer = graph.call
        graph.call = recorder.attempt(self._enter, module, args, kwargs, frame)
        before = recorder.attempt(self._buffer_versions, module) if outer is None else []
        return graph.call, outer, module, before or []

    def _is_recorded(self, module: torch.nn.Module) -> bool:
        """Transforms of data are modules as well, and run in threads that only load."""
        recorder = self._recorder
        if recorder.here():
            return True
        return any(p.requires_grad for p in module.parameters()) and recorder.claimed()

    def end(self, begun: _Begun | None, result: Any) -> Any:
        if begun is not None:
            entered, outer, module, before = begun
            self._recorder.graph.call = outer
            if entered is not None and not self._recorder.paused:
                self._recorder.attempt(self._leave, entered, outer, result)
                if before:
                    self._recorder.attempt(self._compare, entered, module, before)
        return result

    def failed(self, begun: _Begun | None) -> None:
        if begun is not None:
            self._recorder.graph.call = begun[1]

    def _enter(
        self, module: torch.nn.Module, args: Any, kwargs: Any, frame: FrameType
    ) -> CallRecord:
        recorder = self._recorder
        graph = recorder.graph
        identity = self.identify(module)
        if graph.call is None and identity not in self.called:
            self._adopt(module)
        self.called.add(identity)
        with recorder.pausing():
            given = list(tensors_in(args)) + list(tensors_in(kwargs.values()))
            inputs = tuple(graph.lookup(tensor, frame).order for tensor in given)
        call = CallRecord(graph.clock.tick(), identity, graph.call, user_place(frame))
        call.inputs = inputs
        call.hooked = bool(module._backward_hooks or module._backward_pre_hooks)
        recorder.together.called(module, call)
        return call

    def _adopt(self, module: torch.nn.Module) -> None:
        """What a module holds is trained in its own right, though it was computed from another
        parameter, as the norm of a weight is."""
        with self._recorder.pausing():
            for parameter in module.parameters():
                held = isinstance(parameter, torch.nn.Parameter) and parameter.is_leaf
                if held and not is_lazy(parameter) and parameter.requires_grad:
                    self._recorder.adopt(parameter)

    def _leave(self, call: CallRecord, outer: CallRecord | None, result: Any) -> None:
        recorder = self._recorder
        with recorder.pausing():
            given = list(tensors_in((result,)))
            nodes = [recorder.graph.known(tensor) for tensor in given]
            call.outputs = tuple(node.order for node in nodes if node is not None)
            live = [tensor for tensor in given if tensor.requires_grad]
            beside = outer is not None and outer.parent is None and len(outer.inputs) > 1
            if (outer is None or beside) and live and torch._C._get_tracing_state() is None:
                # A call that is given reals and fakes makes a call for each of them inside.
                # Of scores beside classes or features, the scores are the small ones.
                smallest = min(live, key=lambda tensor: tensor.numel())
                recorder.watches.output(smallest, call.order)

    def _compare(self, call: CallRecord, module: torch.nn.Module, before: list[int]) -> None:
        after = self._buffer_versions(module)
        call.moved = sum(one != other for one, other in zip(before, after, strict=False))

    def _buffer_versions(self, module: torch.nn.Module) -> list[int]:
        if not module.training:
            return []
        with self._recorder.pausing():
            return [
                0 if is_lazy(buffer) or buffer.is_inference() else buffer._version
                for buffer in module.buffers()
            ]


class Functions:
    """Custom Functions: one opaque edge from arguments, and parameters read inside, to results."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def install(self, stack: ExitStack) -> None:
        function = vars(torch.autograd.Function)["apply"].__func__
        stack.enter_context(watched(function, self))

    def begin(self, cls: Any, args: Any, kwargs: Any) -> _Applied | None:
        recorder = self._recorder
        graph = recorder.graph
        if recorder.paused or not recorder.here() or graph.opaque is not None:
            return None
        frame = sys._getframe(2)
        inputs = recorder.attempt(self._read, args, frame) or []
        graph.opaque, graph.opaque_since = {}, graph.clock.tick()
        return cls, list(tensors_in(args)), inputs, frame

    def end(self, begun: _Applied | None, result: Any) -> Any:
        if begun is not None:
            graph = self._recorder.graph
            read_inside, graph.opaque = list((graph.opaque or {}).values()), None
            self._recorder.attempt(self._record, *begun, read_inside, result)
        return result

    def failed(self, begun: _Applied | None) -> None:
        if begun is not None:
            self._recorder.graph.opaque = None

    def _read(self, args: Any, frame: FrameType) -> list[Input]:
        with self._recorder.pausing():
            return [self._recorder.graph.read(tensor, frame) for tensor in tensors_in(args)]

    def _record(
        self,
        cls: Any,
        tensors: list[torch.Tensor],
        given: list[Input],
        frame: FrameType,
        inside: list[Input],
        result: Any,
    ) -> None:
        recorder = self._recorder
        graph = recorder.graph
        with recorder.pausing():
            known = {node.order for node, _ in given}
            inputs = given + [item for item in inside if item[0].order not in known]
            node = graph.node(cls.__name__, "function", tuple(inputs))
            node.place = user_place(frame)
            results = list(tensors_in((result,)))
            node.live = any(tensor.requires_grad for tensor in results)
            if not node.live and any(live for _, live in inputs):
                hidden = not any(live for _, live in given)
                node.cut = "no_grad" if hidden else graph.cut_kind(node)
                node.region = node.place if hidden else graph.region
            graph.memory.note_function(node, results, tensors)
            for tensor in results:
                graph.assign(tensor, node)
            if node.live and graph.number_of is not None:
                node.sequence = graph.number_of(results[0], node)
            if node.live:
                node.alike = any(is_like(tensor, results[0]) for tensor in tensors)
                recorder.watches.zero(results[0], node)
