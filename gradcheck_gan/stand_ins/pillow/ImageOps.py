"""Whole images turned, padded and fitted."""

from __future__ import annotations

from typing import Any

from .Image import FLIP_LEFT_RIGHT, FLIP_TOP_BOTTOM, Image, new


def mirror(image: Image) -> Image:
    return image.transpose(FLIP_LEFT_RIGHT)


def flip(image: Image) -> Image:
    return image.transpose(FLIP_TOP_BOTTOM)


def grayscale(image: Image) -> Image:
    return image.convert("L")


def invert(image: Image) -> Image:
    return image.point(lambda value: 255 - value)


def exif_transpose(image: Image, *_: Any, **__: Any) -> Image:
    return image.copy()


def expand(image: Image, border: Any = 0, fill: Any = 0) -> Image:
    sides = border if isinstance(border, (tuple, list)) else (border,) * 4
    left, top, right, bottom = (*sides, *sides)[:4]
    wide = new(image.mode, (image.width + left + right, image.height + top + bottom), fill)
    wide.paste(image, (left, top))
    return wide


def fit(image: Image, size: Any, *_: Any, **__: Any) -> Image:
    """The middle of the image, at this size."""
    part = min(image.width / size[0], image.height / size[1])
    width, height = round(size[0] * part), round(size[1] * part)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height)).resize(size)
