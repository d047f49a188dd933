"""Batches of images as one picture, as scripts save them to look at."""

from __future__ import annotations

import math
from typing import Any

import torch

from .transforms import functional


def make_grid(
    tensor: Any,
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[int, int] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
    **_: Any,
) -> torch.Tensor:
    """The images in rows of `nrow`, three channels, with a border around each."""
    images = _batch(tensor)
    if normalize:
        parts = images if scale_each else [images]
        images = torch.cat(
            [_stretched(part, value_range).reshape(-1, *images.shape[1:]) for part in parts]
        )
    if images.shape[0] == 1:
        return images.squeeze(0)
    across = min(nrow, images.shape[0])
    down = math.ceil(images.shape[0] / across)
    height, width = images.shape[2] + padding, images.shape[3] + padding
    grid = images.new_full(
        (images.shape[1], height * down + padding, width * across + padding), pad_value
    )
    for number, image in enumerate(images):
        top, left = number // across * height + padding, number % across * width + padding
        grid[:, top : top + height - padding, left : left + width - padding] = image
    return grid


def _batch(tensor: Any) -> torch.Tensor:
    if not isinstance(tensor, torch.Tensor) and not isinstance(tensor, (list, tuple)):
        raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")
    with torch.no_grad():
        images = torch.stack(list(tensor)) if isinstance(tensor, (list, tuple)) else tensor
        images = images.detach().clone()
        images = images[None] if images.dim() == 2 else images
        images = images[None] if images.dim() == 3 else images
        return images.expand(-1, 3, -1, -1) if images.shape[1] == 1 else images


def _stretched(images: torch.Tensor, between: tuple[int, int] | None) -> torch.Tensor:
    low, high = between or (float(images.min()), float(images.max()))
    return images.clamp(low, high).sub(low).div(max(high - low, 1e-5))


def save_image(tensor: Any, fp: Any, format: str | None = None, **options: Any) -> None:  # noqa: A002
    """Write a grid as a picture; the format follows the name of the file."""
    grid = make_grid(tensor, **options).mul(255).add(0.5).clamp(0, 255).to(torch.uint8)
    functional.to_pil_image(grid.cpu()).save(fp, format=format)


def draw_bounding_boxes(image: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
    return image.clone()


def draw_segmentation_masks(image: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
    return image.clone()
