"""The second version: several inputs at once, of which the images are changed alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from . import coloring, composing, functional, geometry
from .functional import InterpolationMode

__all__ = ["InterpolationMode", "functional"]


def _is_image(value: Any) -> bool:
    return functional.is_pil(value) or (isinstance(value, torch.Tensor) and value.ndim >= 2)


class Transform(nn.Module):
    """Whatever is no image passes unchanged."""

    def transform(self, inpt: Any, params: Any = None) -> Any:
        return inpt

    def forward(self, *inputs: Any) -> Any:
        given = inputs[0] if len(inputs) == 1 else inputs
        if not isinstance(given, (tuple, list, dict)):
            return self.transform(given, {})
        return _several(given, lambda value: self.transform(value, {}))


def _several(given: Any, change: Callable[[Any], Any]) -> Any:
    """Each image from the same state of the generator, so that a random change is the same."""
    state = torch.get_rng_state()

    def changed(value: Any) -> Any:
        if not _is_image(value):
            return value
        torch.set_rng_state(state)
        return change(value)

    if isinstance(given, dict):
        return {key: changed(value) for key, value in given.items()}
    return type(given)(changed(value) for value in given)


def _for_several(first: type) -> type:
    def forward(self: Any, *inputs: Any) -> Any:
        given = inputs[0] if len(inputs) == 1 else inputs
        one = first.forward if issubclass(first, nn.Module) else first.__call__
        if not isinstance(given, (tuple, list, dict)):
            return one(self, given)
        return _several(given, lambda value: one(self, value))

    name = "forward" if issubclass(first, nn.Module) else "__call__"
    return type(first.__name__, (first,), {name: forward, "__module__": __name__})


class Compose(Transform):
    def __init__(self, transforms: Sequence[Callable[..., Any]]) -> None:
        super().__init__()
        self.transforms = transforms

    def forward(self, *inputs: Any) -> Any:
        given: Any = inputs
        for transform in self.transforms:
            found = transform(*given)
            given = found if len(given) > 1 else (found,)
        return given if len(given) > 1 else given[0]


class Identity(Transform):
    pass


class ToImage(Transform):
    def transform(self, inpt: Any, params: Any = None) -> Any:
        if isinstance(inpt, torch.Tensor):
            return inpt
        is_array = type(inpt).__name__ == "ndarray"
        return _of_array(inpt) if is_array else functional.pil_to_tensor(inpt)


def _of_array(array: Any) -> torch.Tensor:
    tensor = torch.from_numpy(array.copy())
    return tensor[None] if tensor.ndim == 2 else tensor.permute(2, 0, 1).contiguous()


class ToPureTensor(Transform):
    pass


class RGB(Transform):
    def transform(self, inpt: Any, params: Any = None) -> Any:
        if functional.is_pil(inpt):
            return inpt.convert("RGB")
        return inpt.expand(*inpt.shape[:-3], 3, *inpt.shape[-2:]) if inpt.shape[-3] == 1 else inpt


class ToDtype(Transform):
    def __init__(self, dtype: Any, scale: bool = False) -> None:
        super().__init__()
        self.dtype, self.scale = dtype, scale

    def transform(self, inpt: Any, params: Any = None) -> Any:
        if not isinstance(inpt, torch.Tensor):
            return inpt
        dtype = self.dtype if isinstance(self.dtype, torch.dtype) else torch.float32
        return functional.convert_image_dtype(inpt, dtype) if self.scale else inpt.to(dtype)


class ConvertImageDtype(ToDtype):
    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        super().__init__(dtype, scale=True)


class GaussianNoise(Transform):
    def __init__(self, mean: float = 0.0, sigma: float = 0.1, clip: bool = True) -> None:
        super().__init__()
        self.mean, self.sigma, self.clip = mean, sigma, clip

    def transform(self, inpt: Any, params: Any = None) -> Any:
        noisy = inpt + torch.randn_like(inpt) * self.sigma + self.mean
        return noisy.clamp(0, 1) if self.clip else noisy


for _module in (composing, geometry, coloring):
    for _name, _first in list(vars(_module).items()):
        _ours = isinstance(_first, type) and _first.__module__ == _module.__name__
        if _ours and not _name.startswith("_") and _name not in globals():
            globals()[_name] = _for_several(_first)
            __all__.append(_name)
