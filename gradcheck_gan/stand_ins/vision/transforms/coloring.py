"""Transforms of colour, and the ones that hide parts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from . import functional as F  # noqa: N812
from .geometry import between, chance, whole

__all__ = [
    "ColorJitter",
    "GaussianBlur",
    "Grayscale",
    "RandomAdjustSharpness",
    "RandomAutocontrast",
    "RandomEqualize",
    "RandomErasing",
    "RandomGrayscale",
    "RandomInvert",
    "RandomPosterize",
    "RandomSolarize",
]


class Grayscale(nn.Module):
    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__()
        self.num_output_channels = num_output_channels

    def forward(self, img: Any) -> Any:
        return F.rgb_to_grayscale(img, self.num_output_channels)


class _Sometimes(nn.Module):
    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        return self.changed(img) if chance() < self.p else img

    def changed(self, img: Any) -> Any:
        return img


class RandomGrayscale(_Sometimes):
    def __init__(self, p: float = 0.1) -> None:
        super().__init__(p)

    def changed(self, img: Any) -> Any:
        return F.rgb_to_grayscale(img, F.get_image_num_channels(img))


class RandomInvert(_Sometimes):
    def __init__(self, p: float = 0.5) -> None:
        super().__init__(p)

    def changed(self, img: Any) -> Any:
        return F.invert(img)


class RandomAutocontrast(RandomInvert):
    def changed(self, img: Any) -> Any:
        return F.autocontrast(img)


class RandomEqualize(RandomInvert):
    def changed(self, img: Any) -> Any:
        return F.equalize(img)


class RandomPosterize(_Sometimes):
    def __init__(self, bits: int, p: float = 0.5) -> None:
        super().__init__(p)
        self.bits = bits

    def changed(self, img: Any) -> Any:
        return F.posterize(img, self.bits)


class RandomSolarize(_Sometimes):
    def __init__(self, threshold: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.threshold = threshold

    def changed(self, img: Any) -> Any:
        return F.solarize(img, self.threshold)


class RandomAdjustSharpness(_Sometimes):
    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.sharpness_factor = sharpness_factor

    def changed(self, img: Any) -> Any:
        return F.adjust_sharpness(img, self.sharpness_factor)


def _bounds(value: Any, center: float) -> tuple[float, float] | None:
    if isinstance(value, (int, float)):
        low = center - float(value)
        return (max(low, 0.0) if center else low, center + float(value)) if value else None
    return float(value[0]), float(value[1])


class ColorJitter(nn.Module):
    def __init__(
        self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, hue: Any = 0
    ) -> None:
        super().__init__()
        self.brightness, self.contrast = _bounds(brightness, 1.0), _bounds(contrast, 1.0)
        self.saturation, self.hue = _bounds(saturation, 1.0), _bounds(hue, 0.0)

    def forward(self, img: Any) -> Any:
        changes = (
            (F.adjust_brightness, self.brightness),
            (F.adjust_contrast, self.contrast),
            (F.adjust_saturation, self.saturation),
            (F.adjust_hue, self.hue),
        )
        order = torch.randperm(4).tolist()
        factors = [bounds and between(*bounds) for _, bounds in changes]
        for number in order:
            factor = factors[number]
            if factor is not None:
                img = changes[number][0](img, factor)
        return img


class GaussianBlur(nn.Module):
    def __init__(self, kernel_size: Any, sigma: Any = (0.1, 2.0)) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.sigma = (sigma, sigma) if isinstance(sigma, (int, float)) else tuple(sigma)

    def forward(self, img: Any) -> Any:
        return F.gaussian_blur(img, self.kernel_size, between(*self.sigma))


class RandomErasing(nn.Module):
    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: Any = 0,
        inplace: bool = False,
    ) -> None:
        super().__init__()
        self.p, self.scale, self.ratio = p, scale, ratio
        self.value, self.inplace = value, inplace

    def forward(self, img: torch.Tensor) -> torch.Tensor:
        if chance() >= self.p:
            return img
        channels, high, wide = F.get_dimensions(img)
        for _attempt in range(10):
            area = high * wide * between(*self.scale)
            shape = math.exp(between(math.log(self.ratio[0]), math.log(self.ratio[1])))
            height, width = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
            if height < high and width < wide:
                top, left = whole(high - height + 1), whole(wide - width + 1)
                hidden = self._hidden(channels, height, width)
                return F.erase(img, top, left, height, width, hidden, self.inplace)
        return img

    def _hidden(self, channels: int, height: int, width: int) -> torch.Tensor:
        if self.value == "random":
            return torch.empty(channels, height, width).normal_()
        return torch.as_tensor(self.value, dtype=torch.float32).reshape(-1, 1, 1)
