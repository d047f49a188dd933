"""Ways out of and back into autograd that the function mode does not see."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import _get_current_function_mode, _pop_mode_temporarily

from gradcheck_gan.recording.frames import user_place
from gradcheck_gan.recording.memory import hook_patches
from gradcheck_gan.recording.nodes import tensors_in
from gradcheck_gan.recording.provenance import is_computed
from gradcheck_gan.recording.standins import stand_in

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder

Patch = tuple[Any, str, Callable[[Any], Any]]

_UNCOMPILED = (
    "torch.compile was left out: the script ran uncompiled, as with TORCHDYNAMO_DISABLE=1, so that "
    "its operations could be seen; losses may differ from a compiled run in the last digits, and "
    "what only compilation does, errors included, is not seen"
)


def array_patches(recorder: Recorder) -> list[Patch]:
    """`torch.from_numpy`: the new tensor shares the memory of an array that we may know."""

    def wrap(original: Any) -> Any:
        def from_numpy(array: Any) -> torch.Tensor:
            frame = sys._getframe(1)
            result: torch.Tensor = stand_in(frame)(original, (array,), {})
            _rebuilt(recorder, "from_numpy", (array,), result, frame)
            return result

        return from_numpy

    return [(torch, "from_numpy", wrap)]


def loading_patches(recorder: Recorder) -> list[Patch]:
    """Every tensor that is unpickled, `torch.load` included, is built by this function."""
    with suppress(ImportError, AttributeError):
        # Its table of functions is filled once, and would hold ours for good.
        importlib.import_module("torch._weights_only_unpickler")._get_allowed_globals()

    def wrap(original: Any) -> Any:
        @wraps(original)
        def _rebuild_tensor(*args: Any, **kwargs: Any) -> torch.Tensor:
            result: torch.Tensor = original(*args, **kwargs)
            _rebuilt(recorder, "load", (), result, sys._getframe(1))
            return result

        return _rebuild_tensor

    return [(torch._utils, "_rebuild_tensor", wrap)]


def _rebuilt(
    recorder: Recorder, name: str, given: tuple[Any, ...], result: torch.Tensor, frame: Any
) -> None:
    if recorder.paused or not recorder.here():
        return
    try:
        graph = recorder.graph
        node = graph.node(name, "rebuild", tuple(graph.outside.inputs(given)))
        node.place = user_place(frame)
        if not node.inputs:
            with recorder.pausing():
                graph.outside.trace(node, result, frame)
        graph.assign(result, node)
    except Exception as error:
        recorder.failed(error)


def parameter_patches(recorder: Recorder) -> list[Patch]:
    """`nn.Parameter(x)` is a leaf: where it wraps a computed value, gradient ends there."""

    def wrap(held: Any) -> Any:
        original = held.__func__

        @wraps(original)
        def __new__(cls: Any, data: Any = None, requires_grad: bool = True) -> Any:
            result = original(cls, data, requires_grad)
            if isinstance(data, torch.Tensor) and not recorder.paused and recorder.here():
                try:
                    _parameter_made(recorder, data, result, sys._getframe(1))
                except Exception as error:
                    recorder.failed(error)
            return result

        return staticmethod(__new__)

    return [(torch.nn.Parameter, "__new__", wrap)]


def _parameter_made(recorder: Recorder, data: torch.Tensor, result: Any, frame: Any) -> None:
    graph = recorder.graph
    with recorder.pausing():
        known = graph.known(data)
        source = None if known is None else (known, data.requires_grad)
        if source is not None and source[0].kind != "parameter" and is_computed(source):
            graph.assign(result, graph.wrapped(source, result, frame))


def override_patches(recorder: Recorder) -> list[Patch]:
    """Attention layers take a fast path where nothing overrides torch: our mode does not."""

    def wrap(original: Any) -> Any:
        def has_torch_function(arguments: Any) -> Any:
            mode: Any = _get_current_function_mode()  # type: ignore[no-untyped-call]
            if getattr(mode, "recorder", None) is not recorder:
                return original(arguments)
            with _pop_mode_temporarily():
                return original(arguments)

        return has_torch_function

    return [(torch.overrides, "has_torch_function", wrap)]


def inference_patches(recorder: Recorder) -> list[Patch]:
    """`inference_mode` switches gradients off without passing the mode."""

    def wrap(original: Any) -> Any:
        def __enter__(self: Any) -> Any:
            if recorder.here() and not recorder.paused:
                recorder.graph.region = user_place(sys._getframe(1))
            return original(self)

        return __enter__

    return [(torch.inference_mode, "__enter__", wrap)]


def compiler_patches(recorder: Recorder) -> list[Patch]:
    """`torch.compile` compiles nothing, as TORCHDYNAMO_DISABLE=1 would have it: what it makes of
    a player is one operation, in which no line of the script can be told from another."""

    def wrap(original: Any) -> Any:
        def _optimize(*args: Any, **kwargs: Any) -> Any:
            recorder.note(_UNCOMPILED)
            return original(*args, **{**kwargs, "disable": True})

        return _optimize

    try:
        eval_frame = importlib.import_module("torch._dynamo.eval_frame")
    except ImportError:
        return []
    return [(eval_frame, "_optimize", wrap)]


@contextmanager
def constructor_watched(recorder: Recorder, constructed: Any) -> Iterator[None]:
    """`torch.Tensor(values)` and `Variable(tensor)` are types: their `__new__` is lent to us."""
    if "__new__" in vars(constructed):
        yield
        return
    original = constructed.__new__
    with suppress(ImportError):
        # Every optimizer imports it when it is made, and it registers what it finds as __new__.
        importlib.import_module("torch._dynamo")

    def __new__(cls: Any, *args: Any, **kwargs: Any) -> Any:
        result = stand_in(sys._getframe(1))(original, (cls, *args), kwargs)
        if args and not recorder.paused and recorder.here() and cls is constructed:
            try:
                _constructed(recorder, args, result, sys._getframe(1))
            except Exception as error:
                recorder.failed(error)
        return result

    constructed.__new__ = __new__
    try:
        yield
    finally:
        del constructed.__new__


def _constructed(recorder: Recorder, args: tuple[Any, ...], result: Any, frame: Any) -> None:
    graph = recorder.graph
    with recorder.pausing():
        if isinstance(args[0], int) or graph.known(result) is not None:
            return
        inputs = [graph.read(tensor, frame) for tensor in tensors_in(args)]
        shared = bool(inputs)
        inputs += graph.outside.inputs(args)
        if result.requires_grad and result.is_leaf and any(live for _, live in inputs):
            cut = graph.node("Variable", "op", tuple(inputs))
            cut.cut, cut.place = "detach", user_place(frame)
            inputs = [(cut, False)]
        node = graph.node(
            "Variable" if shared else "Tensor", "op" if shared else "rebuild", tuple(inputs)
        )
        node.live = result.requires_grad
        node.place = user_place(frame)
        if shared:
            node.memory = inputs[0][0].memory
        if shared and not node.live and any(live for _, live in inputs):
            node.cut = "detach"
        if not inputs:
            graph.outside.trace(node, result, frame)
        graph.assign(result, node)


PATCHES = (
    array_patches,
    loading_patches,
    parameter_patches,
    inference_patches,
    override_patches,
    compiler_patches,
    hook_patches,
)
