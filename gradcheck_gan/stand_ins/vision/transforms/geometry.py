"""Transforms of size and place. Chance is drawn from torch's generator, as in torchvision."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from . import functional as F  # noqa: N812
from .functional import InterpolationMode, pair

__all__ = [
    "CenterCrop",
    "FiveCrop",
    "Pad",
    "RandomAffine",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomSizedCrop",
    "RandomVerticalFlip",
    "Resize",
    "Scale",
    "TenCrop",
]


def chance() -> float:
    return float(torch.rand(1))


def between(low: float, high: float) -> float:
    return float(torch.empty(1).uniform_(low, high))


def whole(below: int) -> int:
    return int(torch.randint(0, below, size=(1,)))


class Resize(nn.Module):
    def __init__(
        self,
        size: Any,
        interpolation: Any = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.size, self.interpolation = size, interpolation
        self.max_size, self.antialias = max_size, antialias

    def forward(self, img: Any) -> Any:
        return F.resize(img, self.size, self.interpolation, self.max_size, self.antialias)

    def extra_repr(self) -> str:
        return f"size={self.size}"


class CenterCrop(nn.Module):
    def __init__(self, size: Any) -> None:
        super().__init__()
        self.size = pair(size)

    def forward(self, img: Any) -> Any:
        return F.center_crop(img, self.size)


class FiveCrop(CenterCrop):
    def forward(self, img: Any) -> Any:
        return F.five_crop(img, self.size)


class TenCrop(CenterCrop):
    def __init__(self, size: Any, vertical_flip: bool = False) -> None:
        super().__init__(size)
        self.vertical_flip = vertical_flip

    def forward(self, img: Any) -> Any:
        return F.ten_crop(img, self.size, self.vertical_flip)


class Pad(nn.Module):
    def __init__(self, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode

    def forward(self, img: Any) -> Any:
        return F.pad(img, self.padding, self.fill, self.padding_mode)


class RandomCrop(nn.Module):
    def __init__(
        self,
        size: Any,
        padding: Any = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.size, self.padding, self.pad_if_needed = pair(size), padding, pad_if_needed
        self.fill, self.padding_mode = fill, padding_mode

    @staticmethod
    def get_params(img: Any, output_size: tuple[int, int]) -> tuple[int, int, int, int]:
        _, high, wide = F.get_dimensions(img)
        height, width = output_size
        if high < height or wide < width:
            raise ValueError(
                f"Required crop size {(height, width)} is larger than input image size "
                f"{(high, wide)}"
            )
        if (high, wide) == (height, width):
            return 0, 0, high, wide
        return whole(high - height + 1), whole(wide - width + 1), height, width

    def forward(self, img: Any) -> Any:
        if self.padding is not None:
            img = F.pad(img, self.padding, self.fill, self.padding_mode)
        _, high, wide = F.get_dimensions(img)
        lacking = (max(self.size[1] - wide, 0), max(self.size[0] - high, 0))
        if self.pad_if_needed and any(lacking):
            img = F.pad(img, lacking, self.fill, self.padding_mode)
        return F.crop(img, *self.get_params(img, self.size))


class RandomHorizontalFlip(nn.Module):
    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        return F.hflip(img) if chance() < self.p else img


class RandomVerticalFlip(RandomHorizontalFlip):
    def forward(self, img: Any) -> Any:
        return F.vflip(img) if chance() < self.p else img


class RandomResizedCrop(nn.Module):
    def __init__(
        self,
        size: Any,
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3 / 4, 4 / 3),
        interpolation: Any = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.size, self.scale, self.ratio = pair(size), scale, ratio
        self.interpolation, self.antialias = interpolation, antialias

    @staticmethod
    def get_params(
        img: Any, scale: Sequence[float], ratio: Sequence[float]
    ) -> tuple[int, int, int, int]:
        """A part of the image whose area and shape lie within these bounds."""
        _, high, wide = F.get_dimensions(img)
        for _attempt in range(10):
            area = high * wide * between(*scale)
            shape = math.exp(between(math.log(ratio[0]), math.log(ratio[1])))
            width, height = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
            if 0 < width <= wide and 0 < height <= high:
                return whole(high - height + 1), whole(wide - width + 1), height, width
        width = min(wide, round(high * ratio[1]))
        height = min(high, round(wide / ratio[0]))
        return (high - height) // 2, (wide - width) // 2, height, width

    def forward(self, img: Any) -> Any:
        place = self.get_params(img, self.scale, self.ratio)
        return F.resized_crop(img, *place, self.size, self.interpolation, self.antialias)


def _around_zero(bound: Any) -> tuple[float, float]:
    return (-float(bound), float(bound)) if isinstance(bound, (int, float)) else tuple(bound)


class RandomRotation(nn.Module):
    def __init__(
        self,
        degrees: Any,
        interpolation: Any = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Any = None,
        fill: Any = 0,
    ) -> None:
        super().__init__()
        self.degrees, self.interpolation = _around_zero(degrees), interpolation
        self.expand, self.center, self.fill = expand, center, fill

    def forward(self, img: Any) -> Any:
        angle = between(*self.degrees)
        return F.rotate(img, angle, self.interpolation, self.expand, self.center, self.fill)


class RandomAffine(nn.Module):
    def __init__(
        self,
        degrees: Any,
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: Any = None,
        interpolation: Any = InterpolationMode.NEAREST,
        fill: Any = 0,
        center: Any = None,
    ) -> None:
        super().__init__()
        self.degrees, self.translate, self.scale = _around_zero(degrees), translate, scale
        self.shear = (0.0, 0.0) if shear is None else _around_zero(shear)
        self.interpolation, self.fill, self.center = interpolation, fill, center

    def forward(self, img: Any) -> Any:
        angle = between(*self.degrees)
        _, high, wide = F.get_dimensions(img)
        across, down = self.translate or (0, 0)
        moved = [round(between(-part, part)) for part in (across * wide, down * high)]
        scale = between(*self.scale) if self.scale is not None else 1.0
        bounds = self.shear
        lean = [between(*bounds[:2]), between(*bounds[2:]) if len(bounds) == 4 else 0.0]
        return F.affine(img, angle, moved, scale, lean, self.interpolation, self.fill)


Scale, RandomSizedCrop = Resize, RandomResizedCrop
