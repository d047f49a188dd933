"""What the transforms are made of. An image is PIL's or a tensor, channels first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from typing import Any

import torch
from torch.nn.functional import grid_sample, interpolate

from .colors import (
    adjust_brightness,
    adjust_contrast,
    adjust_gamma,
    adjust_hue,
    adjust_saturation,
    adjust_sharpness,
    autocontrast,
    equalize,
    gaussian_blur,
    invert,
    posterize,
    rgb_to_grayscale,
    solarize,
)
from .conversion import (
    convert_image_dtype,
    is_pil,
    of_tensor,
    pil_to_tensor,
    to_pil_image,
    to_tensor,
)
from .padding import pad

__all__ = [
    "InterpolationMode",
    "adjust_brightness",
    "adjust_contrast",
    "adjust_gamma",
    "adjust_hue",
    "adjust_saturation",
    "adjust_sharpness",
    "affine",
    "autocontrast",
    "center_crop",
    "convert_image_dtype",
    "crop",
    "equalize",
    "erase",
    "five_crop",
    "gaussian_blur",
    "get_dimensions",
    "get_image_num_channels",
    "get_image_size",
    "hflip",
    "invert",
    "is_pil",
    "normalize",
    "pad",
    "pair",
    "pil_to_tensor",
    "posterize",
    "resize",
    "resized_crop",
    "rgb_to_grayscale",
    "rotate",
    "solarize",
    "ten_crop",
    "to_grayscale",
    "to_pil_image",
    "to_tensor",
    "vflip",
]


class InterpolationMode(Enum):
    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


_BY_PILLOW = dict(enumerate(("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming")))
_SMOOTH = {"bicubic": "bicubic", "lanczos": "bicubic", "nearest": "nearest"}


def _mode(interpolation: Any) -> str:
    """How tensors are scaled for a mode of torchvision's, or for Pillow's number of it."""
    name = getattr(interpolation, "value", interpolation)
    name = _BY_PILLOW.get(name, name) if isinstance(name, int) else name
    return _SMOOTH.get(str(name), "nearest-exact" if name == "nearest-exact" else "bilinear")


def normalize(tensor: torch.Tensor, mean: Any, std: Any, inplace: bool = False) -> torch.Tensor:
    if not isinstance(tensor, torch.Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(tensor)}")
    if not tensor.is_floating_point():
        raise TypeError(f"Input tensor should be a float tensor. Got {tensor.dtype}.")
    center, scale = (
        torch.as_tensor(x, dtype=tensor.dtype, device=tensor.device) for x in (mean, std)
    )
    if (scale == 0).any():
        raise ValueError("std evaluated to zero, leading to division by zero.")
    tensor = tensor if inplace else tensor.clone()
    each = (-1, 1, 1)
    return tensor.sub_(center.view(each) if center.ndim == 1 else center).div_(
        scale.view(each) if scale.ndim == 1 else scale
    )


def get_dimensions(img: Any) -> list[int]:
    """Channels, height, width."""
    if isinstance(img, torch.Tensor):
        return [1 if img.ndim == 2 else img.shape[-3], img.shape[-2], img.shape[-1]]
    return [len(img.getbands()), img.height, img.width]


def get_image_size(img: Any) -> list[int]:
    """Width, height."""
    return get_dimensions(img)[:0:-1]


def get_image_num_channels(img: Any) -> int:
    return get_dimensions(img)[0]


@of_tensor
def resize(
    img: torch.Tensor,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> torch.Tensor:
    """To a height and a width, or its shorter side to a length."""
    wanted = _scaled(img.shape[-2], img.shape[-1], size, max_size)
    if wanted == (img.shape[-2], img.shape[-1]):
        return img
    mode = _mode(interpolation)
    smooth = mode in ("bilinear", "bicubic")
    options: Any = {"align_corners": False, "antialias": bool(antialias)} if smooth else {}
    batch = img if img.ndim == 4 else img[None]
    exact = batch if batch.is_floating_point() else batch.float()
    found = interpolate(exact, wanted, mode=mode, **options)
    if not img.is_floating_point():
        found = found.round().clamp(0, 255).to(img.dtype)
    return found if img.ndim == 4 else found[0]


def _scaled(high: int, wide: int, size: Any, longest: int | None) -> tuple[int, int]:
    several = isinstance(size, Sequence) and len(size) == 2
    if several:
        return int(size[0]), int(size[1])
    short = int(size[0] if isinstance(size, Sequence) else size)
    long = int(short * max(high, wide) / min(high, wide))
    if longest is not None and long > longest:
        short, long = int(longest * short / long), longest
    return (long, short) if high > wide else (short, long)


@of_tensor
def crop(img: torch.Tensor, top: int, left: int, height: int, width: int) -> torch.Tensor:
    """What lies outside is black."""
    high, wide = img.shape[-2:]
    inside = img[..., max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
    around = (
        max(min(-left, width), 0),
        max(min(left + width - wide, width), 0),
        max(min(-top, height), 0),
        max(min(top + height - high, height), 0),
    )
    return torch.nn.functional.pad(inside, around) if any(around) else inside


def center_crop(img: Any, output_size: Any) -> Any:
    height, width = pair(output_size)
    _, high, wide = get_dimensions(img)
    return crop(img, round((high - height) / 2.0), round((wide - width) / 2.0), height, width)


def pair(size: Any) -> tuple[int, int]:
    if isinstance(size, (int, float)):
        return int(size), int(size)
    return int(size[0]), int(size[-1])


def resized_crop(
    img: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
) -> Any:
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


@of_tensor
def hflip(img: torch.Tensor) -> torch.Tensor:
    return img.flip(-1)


@of_tensor
def vflip(img: torch.Tensor) -> torch.Tensor:
    return img.flip(-2)


def five_crop(img: Any, size: Any) -> tuple[Any, ...]:
    height, width = pair(size)
    _, high, wide = get_dimensions(img)
    corners = [(0, 0), (0, wide - width), (high - height, 0), (high - height, wide - width)]
    return (*(crop(img, *at, height, width) for at in corners), center_crop(img, (height, width)))


def ten_crop(img: Any, size: Any, vertical_flip: bool = False) -> tuple[Any, ...]:
    other = vflip(img) if vertical_flip else hflip(img)
    return (*five_crop(img, size), *five_crop(other, size))


@of_tensor
def _warped(img: torch.Tensor, theta: torch.Tensor, mode: str, fill: Any) -> torch.Tensor:
    """`theta` takes a place of the result, in pixels from the centre, to one of the image."""
    high, wide = img.shape[-2:]
    y, x = torch.meshgrid(
        torch.arange(high) - (high - 1) / 2, torch.arange(wide) - (wide - 1) / 2, indexing="ij"
    )
    places = torch.stack([x, y, torch.ones_like(x)], -1) @ theta.T
    grid = (places * torch.tensor([2 / wide, 2 / high]))[None]
    batch = (img if img.is_floating_point() else img.float())[None]
    background = fill[0] if isinstance(fill, Sequence) else (fill or 0)
    found = grid_sample(batch - background, grid, mode=mode, align_corners=False)[0] + background
    return found if img.is_floating_point() else found.round().to(img.dtype)


def affine(
    img: Any,
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: Any,
    interpolation: Any = InterpolationMode.NEAREST,
    fill: Any = None,
    center: Any = None,
) -> Any:
    slant = [float(one) for one in (shear if isinstance(shear, Sequence) else (shear, 0.0))]
    turn, along = math.radians(angle), math.radians(slant[0])
    across = math.radians(slant[1]) if len(slant) > 1 else 0.0
    c, s = (f(turn - across) / math.cos(across) for f in (math.cos, math.sin))
    skew = math.tan(along)
    forward = torch.tensor(
        [[c, -c * skew - math.sin(turn), 0], [s, -s * skew + math.cos(turn), 0], [0, 0, 1]]
    )
    forward[:2] *= scale
    back = torch.linalg.inv(forward)
    shift = torch.tensor([[1.0, 0, -translate[0]], [0, 1.0, -translate[1]], [0, 0, 1.0]])
    mode = "nearest" if _mode(interpolation).startswith("nearest") else "bilinear"
    return _warped(img, (back @ shift)[:2], mode, fill)


def rotate(
    img: Any,
    angle: float,
    interpolation: Any = InterpolationMode.NEAREST,
    expand: bool = False,
    center: Any = None,
    fill: Any = None,
) -> Any:
    """Against the clock; the result keeps the size."""
    return affine(img, -angle, (0, 0), 1.0, (0.0, 0.0), interpolation, fill)


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    return rgb_to_grayscale(img, num_output_channels)


def erase(
    img: torch.Tensor, i: int, j: int, h: int, w: int, v: torch.Tensor, inplace: bool = False
) -> torch.Tensor:
    img = img if inplace else img.clone()
    img[..., i : i + h, j : j + w] = v
    return img
