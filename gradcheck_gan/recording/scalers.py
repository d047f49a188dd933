"""Gradient scalers: what they multiply, divide, step and skip."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

import torch

from gradcheck_gan.precision import Unscaling
from gradcheck_gan.recording.clips import Clips
from gradcheck_gan.recording.frames import user_chain, user_place
from gradcheck_gan.recording.nodes import WeakTable, tensors_in

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder


class Scalers:
    """Scalers are held weakly. Nothing is looked at before one of them has scaled something."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._ids = WeakTable()
        self._count = 0
        self.asked: set[int] = set()
        self._clear: set[int] = set()
        self.stepping: int | None = None
        self.unscalings: list[Unscaling] = []
        self.clips = Clips(recorder)

    def patches(self) -> list[tuple[Any, str, Callable[[Any], Any]]]:
        from torch.amp.grad_scaler import GradScaler

        return [
            (GradScaler, "scale", self._wrap_scale),
            (GradScaler, "unscale_", self._wrap_unscale),
            (GradScaler, "step", self._wrap_step),
            (GradScaler, "get_scale", self._wrap_get_scale),
            *self.clips.patches(),
        ]

    def _identify(self, scaler: Any) -> int:
        known = self._ids.get(scaler)
        if known is None:
            self._count += 1
            known = self._count
            self._ids.set(scaler, known)
        return int(known)

    def _watches(self, scaler: Any) -> bool:
        recorder = self._recorder
        return recorder.here() and not recorder.paused and bool(scaler.is_enabled())

    def _wrap_scale(self, original: Any) -> Any:
        scalers = self

        def scale(self: Any, outputs: Any) -> Any:
            return scalers._marked(self, original(self, outputs))

        return scale

    def _marked(self, scaler: Any, result: Any) -> Any:
        """What comes of an iterator is one as well, and computed when it is asked for."""
        if isinstance(result, map):
            return map(partial(self._marked, scaler), result)
        if self._watches(scaler):
            self._recorder.attempt(self._scaled, scaler, result)
        return result

    def _scaled(self, scaler: Any, result: Any) -> None:
        recorder = self._recorder
        recorder.parameters.follows_scale = True
        with recorder.pausing():
            scale = float(scaler._get_scale_async())
            for tensor in tensors_in((result,)):
                self._clear.add(self._identify(scaler))
                node = recorder.graph.known(tensor)
                if node is not None:
                    node.scale = scale

    def _wrap_unscale(self, original: Any) -> Any:
        scalers = self

        def unscale_(self: Any, optimizer: Any) -> None:
            watched = scalers._watches(self) and scalers._identify(self) in scalers._clear
            recorder = scalers._recorder
            held = recorder.attempt(scalers._held, optimizer) if watched else None
            original(self, optimizer)
            if held is not None:
                recorder.attempt(scalers._unscaled, self, optimizer, held, sys._getframe(1))

        return unscale_

    def _held(self, optimizer: Any) -> frozenset[int]:
        return self.filled(self._recorder.optimizers.held(optimizer))

    def filled(self, tensors: Iterable[torch.Tensor]) -> frozenset[int]:
        """Those with a gradient that is not zero, looked at before something is done to it."""
        parameters = self._recorder.parameters
        with self._recorder.pausing():
            known = (parameters.known(tensor) for tensor in tensors)
            filled = frozenset(
                i for i in known if i is not None and parameters.gradient(i) not in ("none", "zero")
            )
            parameters.look_closely(filled)
        return filled

    def _unscaled(
        self, scaler: Any, optimizer: Any, held: frozenset[int], frame: FrameType
    ) -> None:
        recorder = self._recorder
        identity = self._identify(scaler)
        with recorder.pausing():
            recorder.parameters.settle(held)
            self.unscalings.append(
                Unscaling(
                    order=recorder.graph.clock.tick(),
                    round=recorder.current_round,
                    optimizer=recorder.optimizers.identify(optimizer),
                    scaler=identity,
                    location=recorder.locator.at(user_place(frame)),
                    scale=float(scaler._get_scale_async()),
                    parameters=held,
                    overflow=_overflowed(scaler, optimizer),
                    asked=identity in self.asked,
                )
            )

    def _wrap_step(self, original: Any) -> Any:
        scalers = self

        def step(self: Any, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
            recorder = scalers._recorder
            if not scalers._watches(self):
                return original(self, optimizer, *args, **kwargs)
            outer, before = scalers.stepping, recorder.steps
            scalers.stepping = scalers._identify(self)
            try:
                result = original(self, optimizer, *args, **kwargs)
                if recorder.steps == before and _overflowed(self, optimizer):
                    recorder.optimizers.skipped(optimizer, user_chain(sys._getframe(1)))
            except AssertionError:
                if recorder.steps == before:
                    recorder.optimizers.refused(optimizer, user_chain(sys._getframe(1)))
                raise
            finally:
                scalers.stepping = outer
            return result

        return step

    def _wrap_get_scale(self, original: Any) -> Any:
        scalers = self

        def get_scale(self: Any) -> Any:
            if scalers._watches(self):
                scalers.asked.add(scalers._identify(self))
            return original(self)

        return get_scale


def _overflowed(scaler: Any, optimizer: Any) -> bool:
    """Whether the scaler has met Inf or NaN in the gradients of the optimizer."""
    state = scaler._per_optimizer_states.get(id(optimizer)) or {}
    return any(bool(found.item()) for found in state.get("found_inf_per_device", {}).values())


def found_inf(optimizer: Any) -> bool:
    """A fused optimizer is stepped by the scaler all the same, and told to change nothing."""
    found = getattr(optimizer, "found_inf", None)
    return isinstance(found, torch.Tensor) and bool(found.item())


def divisor_of(optimizer: Any) -> float:
    """What a fused optimizer is told to divide the gradients by."""
    scale = getattr(optimizer, "grad_scale", None)
    return float(scale.item()) if isinstance(scale, torch.Tensor) else 1.0
