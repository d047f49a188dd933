"""The function mode: every torch function that the script calls passes here once."""

from __future__ import annotations

import sys
from types import FrameType
from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import TorchFunctionMode, _pop_mode, _push_mode

from gradcheck_gan.ours import STAND_INS
from gradcheck_gan.recording import operations
from gradcheck_gan.recording.frames import user_place
from gradcheck_gan.recording.nodes import tensors_in
from gradcheck_gan.recording.operations import Kind
from gradcheck_gan.recording.pending import Pending
from gradcheck_gan.recording.provenance import clamp_of
from gradcheck_gan.recording.standins import stand_in
from gradcheck_gan.recording.unseen import unseen

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder


_FOREACH = "_foreach_"


class Pause:
    """While it lasts nothing is recorded, and what the recorder itself computes passes no mode."""

    __slots__ = ("_guard", "_recorder")

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._guard = unseen()

    def __enter__(self) -> None:
        self._recorder.paused += 1
        self._guard.__enter__()

    def __exit__(self, *exception: object) -> None:
        self._guard.__exit__(*exception)
        self._recorder.paused -= 1


class RecordingMode(TorchFunctionMode):
    """Calls the function exactly once, with what the script gave, come what may of the records."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder
        self.left_at: int | None = None

    def leave(self) -> bool:
        """Step off the stack of modes, if on top: what is not recorded need not be slowed."""
        depth = torch._C._len_torch_function_stack()
        if not depth or torch._C._get_function_stack_at(depth - 1) is not self:
            return False
        _pop_mode()  # type: ignore[no-untyped-call]
        self.left_at = depth - 1
        return True

    def rejoin(self, *, wherever: bool = False) -> None:
        """Back to where it left, unless the script is inside a mode that it entered since."""
        if self.left_at is None:
            return
        if wherever or torch._C._len_torch_function_stack() == self.left_at:
            _push_mode(self)  # type: ignore[no-untyped-call]
            self.left_at = None

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        recorder = self.recorder
        kwargs = kwargs or {}
        frame = sys._getframe(1)
        while frame.f_code.co_filename.startswith(STAND_INS) and frame.f_back is not None:
            frame = frame.f_back  # what stands in for a function of torch passes the call on
        call = stand_in(frame)
        if recorder.paused or recorder.mode is not self:
            return call(func, args, kwargs)
        kind, name, inplace = operations.classify(func)
        if kind is Kind.IGNORED:
            return call(func, args, kwargs)
        if kind is not Kind.OPERATION:
            if kind is Kind.WRITE_DATA:
                self._attempt(_about_to_write, recorder, args[0])
            result = call(func, args, kwargs)
            self._attempt(_SPECIAL[kind], recorder, name, args, kwargs, result, frame)
            return result
        if inplace and name.startswith(_FOREACH):
            each = self._attempt(_begin_each, recorder, name, args, frame)
            result = call(func, args, kwargs)
            for one in each or ():
                self._attempt(recorder.graph.end, one, one.target)
            return result
        pending = self._attempt(recorder.graph.begin, name, inplace, args, kwargs, frame)
        result = call(func, args, kwargs)
        if pending is not None:
            self._attempt(recorder.graph.end, pending, result)
            self._attempt(recorder.dropped.made, result, frame)
        return result

    def _attempt(self, part: Any, *arguments: Any) -> Any:
        try:
            with unseen():
                return part(*arguments)
        except RecursionError:
            pass  # outside of `except`, no error of ours is the context of one of the script's
        except Exception as error:
            self.recorder.failed(error)
            return None
        return self.recorder.attempt_deep(part, *arguments)


def _begin_each(
    recorder: Recorder, name: str, args: tuple[Any, ...], frame: FrameType
) -> list[Pending]:
    """`torch._foreach_add_(xs, ys)` is `x.add_(y)` for each of them."""
    one, lists = name.removeprefix(_FOREACH), [a for a in args if isinstance(a, (list, tuple))]
    rows = zip(*lists, strict=False)
    return [recorder.graph.begin(one, True, tuple(row), {}, frame) for row in rows]


def _about_to_write(recorder: Recorder, target: torch.Tensor) -> None:
    recorder.parameters.about_to_write(recorder.parameters.known(target))


def _escaped(
    recorder: Recorder, name: str, args: Any, kwargs: Any, result: Any, frame: FrameType
) -> None:
    graph = recorder.graph
    if graph.opaque is None:
        tensors = list(tensors_in(args))
        inputs = tuple(graph.read(tensor, frame) for tensor in tensors)
        if name in operations.STORING:
            if all(node.kind == "parameter" for node, _ in inputs):
                return  # a checkpoint
            name = "save"
        node = graph.node(name, "escape", inputs)
        node.place = user_place(frame)
        graph.outside.left(node, tensors[0] if tensors else None, result, frame)
        recorder.slopes.left(node, result)


def _gradient_read(
    recorder: Recorder, name: str, args: Any, kwargs: Any, result: Any, frame: FrameType
) -> None:
    """`x.grad`: its value comes from the passes that deposited there."""
    graph = recorder.graph
    identity = recorder.parameters.known(args[0])
    recorder.by_hand.read(identity, frame, found=result is not None)
    if result is not None:
        recorder.aftermaths.read(identity, frame)
    if isinstance(result, torch.Tensor) and graph.opaque is None:
        known = graph.known(result)
        if known is not None and known.kind == "grad":
            deposits = None if identity is None else recorder.parameters.states[identity].deposits
            if known.parameter is None or known.constant == deposits:
                return
        inputs = (
            () if recorder.history.last_pass is None else ((recorder.history.last_pass, False),)
        )
        node = graph.node("grad", "grad", inputs)
        node.parameter = identity
        if identity is not None:
            node.constant = float(recorder.parameters.states[identity].deposits)
        node.place = user_place(frame)
        graph.assign(result, node)


def _gradient_write(
    recorder: Recorder, name: str, args: Any, kwargs: Any, result: Any, frame: FrameType
) -> None:
    """`p.grad = x` keeps the deposits if x was made from p.grad, else nothing is known of them."""
    identity = recorder.parameters.known(args[0])
    given = args[1] if len(args) > 1 else None
    if identity is None:
        return
    if given is None:
        recorder.aftermaths.cleared(identity, frame)
        return
    value = recorder.graph.known(given)
    seen = 0
    pending = [] if value is None else [value]
    while pending and seen < 50:
        node = pending.pop()
        seen += 1
        own = node.kind == "grad" and node.parameter == identity
        if own and node.constant == recorder.parameters.states[identity].deposits:
            recorder.parameters.rewritten(identity, name, keeps=True)
            clamp = None if value is None else clamp_of(value, node)
            if clamp is not None:
                recorder.scalers.clips.clamped(identity, clamp)
            return  # made from what lies there: scaled, clipped
        pending.extend(source for source, _ in node.inputs)
    recorder.parameters.changed_by_hand(identity)


def _data_written(
    recorder: Recorder, name: str, args: Any, kwargs: Any, result: Any, frame: FrameType
) -> None:
    """`x.data = y`: x keeps its place in autograd and takes the content of y."""
    graph = recorder.graph
    target, given = args[0], args[1]
    source = graph.read(given, frame)
    identity = recorder.parameters.known(target)
    if identity is not None or isinstance(target, torch.nn.Parameter):
        node = graph.node("data", "op", ((source[0], False),))
        node.place = user_place(frame)
        recorder.history.parameter_written(recorder.parameters.identify(target), node)
        return
    old = graph.read(target, frame)
    node = graph.node("data", "merge", (old, (source[0], source[1])))
    node.live, node.memory = target.requires_grad, source[0].memory
    node.place = user_place(frame)
    graph.assign(target, node)


def _requires_grad_set(
    recorder: Recorder, name: str, args: Any, kwargs: Any, result: Any, frame: FrameType
) -> None:
    tensor = args[0]
    if isinstance(tensor, torch.nn.Parameter) or recorder.parameters.known(tensor) is not None:
        recorder.history.frozen(tensor, user_place(frame))
        return
    known = recorder.graph.known(tensor)
    if known is None or not tensor.is_leaf:
        return
    node = recorder.graph.node("requires_grad_", "op", ((known, False),))
    node.live, node.memory = tensor.requires_grad, known.memory
    node.place = user_place(frame)
    recorder.graph.assign(tensor, node)


def _grad_mode_set(
    recorder: Recorder, name: str, args: Any, kwargs: Any, result: Any, frame: FrameType
) -> None:
    graph = recorder.graph
    block = _grad_mode_block(frame)
    owner = block.f_locals.get("self")
    if block.f_code.co_name == "__exit__":
        graph.region = graph.outer_regions.get(owner)
        return
    entered_before = block.f_code.co_name == "__enter__" and isinstance(
        owner, torch.set_grad_enabled
    )
    if owner is not None and not entered_before:
        graph.outer_regions.set(owner, graph.region)
    if args[:1] == (False,):
        graph.region = user_place(frame)


def _grad_mode_block(frame: FrameType) -> FrameType:
    """The method that switches: `no_grad` does so by `set_grad_enabled`, in the same file."""
    outer = frame.f_back
    same = outer is not None and outer.f_code.co_filename == frame.f_code.co_filename
    return outer if outer is not None and same else frame


def _hooked(
    recorder: Recorder, name: str, args: Any, kwargs: Any, result: Any, frame: FrameType
) -> None:
    """A hook of the user's may give back a gradient where the graph says zero."""
    node = recorder.graph.known(args[0])
    if node is not None:
        node.hooked = True


_SPECIAL = {
    Kind.ESCAPE: _escaped,
    Kind.READ_GRAD: _gradient_read,
    Kind.WRITE_GRAD: _gradient_write,
    Kind.WRITE_DATA: _data_written,
    Kind.SET_REQUIRES_GRAD: _requires_grad_set,
    Kind.GRAD_MODE: _grad_mode_set,
    Kind.HOOK: _hooked,
}
