"""Calls of modules and of custom autograd functions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.parameter import is_lazy

from gradcheck_gan.recording.frames import user_place
from gradcheck_gan.recording.nodes import CallRecord, Input, WeakTable, is_like, tensors_in

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder


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

    def patches(self) -> list[tuple[Any, str, Callable[[Any], Any]]]:
        return [(torch.nn.Module, "__call__", self._wrap)]

    def _wrap(self, original: Any) -> Any:
        modules = self

        def __call__(self: torch.nn.Module, *args: Any, **kwargs: Any) -> Any:
            recorder = modules._recorder
            recorder.optimizers.notice_broken()
            if recorder.paused or not recorder.here() or recorder.graph.opaque is not None:
                return original(self, *args, **kwargs)
            graph = recorder.graph
            outer = graph.call
            graph.call = modules._enter(self, args, kwargs)
            entered = graph.call
            before = modules._buffer_versions(self) if outer is None else []
            try:
                result = original(self, *args, **kwargs)
            finally:
                graph.call = outer
            modules._leave(entered, outer, result)
            if entered is not None and before:
                after = modules._buffer_versions(self)
                entered.moved = sum(one != other for one, other in zip(before, after, strict=False))
            return result

        return __call__

    def _enter(
        self, module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> CallRecord | None:
        recorder = self._recorder
        graph = recorder.graph
        try:
            frame = sys._getframe(2)
            identity = self.identify(module)
            self.called.add(identity)
            with recorder.pausing():
                given = list(tensors_in(args)) + list(tensors_in(kwargs.values()))
                inputs = tuple(graph.lookup(tensor, frame).order for tensor in given)
            call = CallRecord(graph.clock.tick(), identity, graph.call, user_place(frame))
            call.inputs = inputs
        except Exception as error:
            recorder.failed(error)
            return None
        return call

    def _leave(self, call: CallRecord | None, outer: CallRecord | None, result: Any) -> None:
        if call is None or self._recorder.paused:
            return
        recorder = self._recorder
        try:
            with recorder.pausing():
                given = list(tensors_in((result,)))
                nodes = [recorder.graph.known(tensor) for tensor in given]
                call.outputs = tuple(node.order for node in nodes if node is not None)
                live = [tensor for tensor in given if tensor.requires_grad]
                if outer is None and live and torch._C._get_tracing_state() is None:
                    # Of scores beside classes or features, the scores are the small ones.
                    smallest = min(live, key=lambda tensor: tensor.numel())
                    recorder.engine.watch_output(smallest, call.order)
        except Exception as error:
            recorder.failed(error)

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

    def patches(self) -> list[tuple[Any, str, Callable[[Any], Any]]]:
        return [(torch.autograd.Function, "apply", self._wrap)]

    def _wrap(self, held: Any) -> Any:
        original = held.__func__
        functions = self

        def apply(cls: Any, *args: Any, **kwargs: Any) -> Any:
            recorder = functions._recorder
            graph = recorder.graph
            if recorder.paused or not recorder.here() or graph.opaque is not None:
                return original(cls, *args, **kwargs)
            with recorder.pausing():
                frame = sys._getframe(1)
                inputs = [graph.read(tensor, frame) for tensor in tensors_in(args)]
            graph.opaque, graph.opaque_since = {}, graph.clock.tick()
            try:
                result = original(cls, *args, **kwargs)
            finally:
                read_inside, graph.opaque = list(graph.opaque.values()), None
            functions._record(cls, args, inputs, read_inside, result, frame)
            return result

        return classmethod(apply)

    def _record(
        self,
        cls: Any,
        args: tuple[Any, ...],
        given: list[Input],
        inside: list[Input],
        result: Any,
        frame: Any,
    ) -> None:
        recorder = self._recorder
        graph = recorder.graph
        try:
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
                for tensor in results:
                    graph.assign(tensor, node)
                if node.live:
                    node.keeps = any(is_like(tensor, results[0]) for tensor in tensors_in(args))
                    recorder.engine.watch_zero(results[0], node)
        except Exception as error:
            recorder.failed(error)
