"""Clips of gradients, where a gradient scaler makes it matter when they come."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.utils import clip_grad

from gradcheck_gan.precision import Clip
from gradcheck_gan.recording.contents import bounds_of, dense_of
from gradcheck_gan.recording.frames import user_place
from gradcheck_gan.recording.nodes import Node

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder

_SMALL = 1e-6
"""What torch adds to a norm before it divides by it."""


class Clips:
    """Torch sorts the gradients by device right before it clips them; scripts import the functions
    that clip by name, and would keep whatever stood in their place."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.made: list[Clip] = []

    def patches(self) -> list[tuple[Any, str, Callable[[Any], Any]]]:
        return [(clip_grad, "_group_tensors_by_device_and_dtype", self._wrap)]

    def _wrap(self, original: Any) -> Any:
        def _group_tensors_by_device_and_dtype(tensorlistlist: Any, *args: Any, **kw: Any) -> Any:
            recorder = self._recorder
            follows = recorder.parameters.follows_scale and not recorder.paused
            if follows and recorder.here():
                recorder.attempt(self._clipping, tensorlistlist, sys._getframe(1))
            return original(tensorlistlist, *args, **kw)

        return _group_tensors_by_device_and_dtype

    def _clipping(self, lists: Sequence[Sequence[torch.Tensor]], frame: FrameType) -> None:
        """In the frame of torch's own function, whose local names tell what it will do."""
        known = dict(frame.f_locals)
        by_norm = "max_norm" in known
        if not by_norm and "clip_value" not in known:
            return  # only measured
        recorder = self._recorder
        with recorder.pausing():
            held = self._owners(lists[0])
            recorder.parameters.look_closely(held)
            clip = Clip(
                order=recorder.graph.clock.tick(),
                round=recorder.current_round,
                location=recorder.locator.at(user_place(frame)),
                kind="norm" if by_norm else "value",
                bound=float(known["max_norm"] if by_norm else known["clip_value"]),
                size=_norm(lists[0], known) if by_norm else _largest(lists[0]),
                parameters=held - recorder.parameters.touched(held),
                asked=bool(recorder.scalers.asked),
            )
            self.made.append(clip)
            for state in map(recorder.parameters.states.__getitem__, held):
                state.entry = _clipped(state.entry, clip)

    def clamped(self, identity: int, clamp: Node) -> None:
        """The script itself clamps the gradient of one parameter, entry by entry."""
        recorder = self._recorder
        state, bounds = recorder.parameters.states[identity], clamp.bounds
        if not recorder.parameters.follows_scale or bounds is None:
            return
        state.entry = min(max(state.entry, bounds[0]), bounds[1])
        recorder.parameters.look_closely((identity,))
        met = _met(state.bounds, bounds)
        if state.touched or met is None:
            return
        clip = Clip(
            order=recorder.graph.clock.tick(),
            round=recorder.current_round,
            location=recorder.locator.at(clamp.place),
            kind="value",
            bound=met[0],
            size=met[1],
            parameters=frozenset({identity}),
            asked=bool(recorder.scalers.asked),
            by_hand=True,
        )
        if self.made and self._goes_on(self.made[-1], clip):
            clip = _joined(self.made.pop(), clip)
        self.made.append(clip)

    def _goes_on(self, last: Clip, clip: Clip) -> bool:
        """The next parameter in the same loop."""
        known = self._recorder.history.last_pass
        return (
            last.by_hand
            and (last.location, last.bound) == (clip.location, clip.bound)
            and last.parameters.isdisjoint(clip.parameters)
            and (known is None or known.order < last.order)
        )

    def _owners(self, gradients: Sequence[torch.Tensor]) -> frozenset[int]:
        """Parameters whose gradient is among these, and not zero."""
        parameters = self._recorder.parameters
        wanted = {id(gradient) for gradient in gradients}
        return frozenset(
            identity
            for parameter, identity in parameters.items()
            if id(parameter.grad) in wanted and parameters.gradient(identity) != "zero"
        )


def _met(content: tuple[float, float], bounds: tuple[float, float]) -> tuple[float, float] | None:
    """The bound that was passed, and how far; zero is a bound at any scale."""
    sides = [(-bounds[0], -content[0]), (bounds[1], content[1])]
    passed = [(bound, size) for bound, size in sides if 0.0 < bound < size]
    return max(passed, key=lambda side: side[1], default=None)


def _joined(one: Clip, other: Clip) -> Clip:
    size, parameters = max(one.size, other.size), one.parameters | other.parameters
    return replace(one, size=size, parameters=parameters)


def _clipped(entry: float, clip: Clip) -> float:
    """What will become of one entry of a gradient."""
    if clip.kind == "norm":
        return entry * min(1.0, clip.bound / (clip.size + _SMALL))
    return min(max(entry, -clip.bound), clip.bound)


def _norm(gradients: Sequence[torch.Tensor], known: Mapping[str, Any]) -> float:
    if "total_norm" in known:
        return float(known["total_norm"])
    kind = float(known["norm_type"])
    norms = [torch.linalg.vector_norm(dense_of(gradient), kind) for gradient in gradients]
    return float(torch.linalg.vector_norm(torch.stack([norm.cpu() for norm in norms]), kind))


def _largest(gradients: Sequence[torch.Tensor]) -> float:
    bounds = [bounds_of(dense_of(gradient)) for gradient in gradients]
    return max((max(-low, high) for low, high in bounds), default=0.0)
