"""Clips of gradients, where a gradient scaler makes it matter when they come."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType, GeneratorType
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch.nn.utils import clip_grad

from gradcheck_gan.precision import Clip
from gradcheck_gan.recording.contents import bounds_of, dense_of
from gradcheck_gan.recording.frames import user_place

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder

Kind = Literal["norm", "value"]


class Clips:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.made: list[Clip] = []

    def patches(self) -> list[tuple[Any, str, Callable[[Any], Any]]]:
        return [
            (owner, f"clip_grad_{kind}_", self._wrapper(kind))
            for owner in (clip_grad, torch.nn.utils)
            for kind in ("norm", "value")
        ]

    def _watches(self) -> bool:
        recorder = self._recorder
        return recorder.parameters.follows_scale and recorder.here() and not recorder.paused

    def _wrapper(self, kind: Any) -> Callable[[Any], Any]:
        clips = self

        def wrap(original: Any) -> Any:
            def clip(parameters: Any, bound: Any, *args: Any, **kwargs: Any) -> Any:
                if not clips._watches():
                    return original(parameters, bound, *args, **kwargs)
                tensors, parameters = _listed(parameters)
                looked = clips._recorder.attempt(clips._look, kind, tensors)
                result = original(parameters, bound, *args, **kwargs)
                if looked is not None:
                    clips._recorder.attempt(
                        clips._clipped, kind, bound, result, *looked, sys._getframe(1)
                    )
                return result

            if kind == "value":

                def clip_grad_value_(
                    parameters: Any, clip_value: Any, *args: Any, **kw: Any
                ) -> Any:
                    return clip(parameters, clip_value, *args, **kw)

                return clip_grad_value_

            def clip_grad_norm_(parameters: Any, max_norm: Any, *args: Any, **kw: Any) -> Any:
                return clip(parameters, max_norm, *args, **kw)

            return clip_grad_norm_

        return wrap

    def _look(self, kind: Kind, tensors: list[Any]) -> tuple[frozenset[int], float]:
        """Whose gradient is about to be clipped, and the largest entry if that counts."""
        recorder = self._recorder
        held = recorder.scalers.filled(tensors)
        if kind == "norm":
            return held, 0.0
        with recorder.pausing():
            bounds = [bounds_of(dense_of(t.grad)) for t in tensors if t.grad is not None]
        return held, max((max(-low, high) for low, high in bounds), default=0.0)

    def _clipped(
        self,
        kind: Kind,
        bound: Any,
        result: Any,
        held: frozenset[int],
        largest: float,
        frame: FrameType,
    ) -> None:
        recorder = self._recorder
        with recorder.pausing():
            known = held - recorder.parameters.touched(held)
            recorder.parameters.settle(held)
            self.made.append(
                Clip(
                    order=recorder.graph.clock.tick(),
                    round=recorder.current_round,
                    location=recorder.locator.at(user_place(frame)),
                    kind=kind,
                    bound=float(bound),
                    size=float(result) if kind == "norm" else largest,
                    parameters=known,
                    asked=bool(recorder.scalers.asked) or isinstance(bound, torch.Tensor),
                )
            )


def _listed(parameters: Any) -> tuple[list[Any], Any]:
    """Every tensor, and something of the same kind to be read again."""
    if isinstance(parameters, torch.Tensor):
        return [parameters], parameters
    tensors = list(parameters)
    if isinstance(parameters, GeneratorType):
        return tensors, (tensor for tensor in tensors)  # torch tells an empty one apart
    return tensors, parameters if isinstance(parameters, (list, tuple)) else tensors
