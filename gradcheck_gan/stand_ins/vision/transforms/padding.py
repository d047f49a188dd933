"""Borders around images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from .conversion import of_tensor


@of_tensor
def pad(img: torch.Tensor, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Any:
    """`padding` is one width, left and top ones, or those of left, top, right and bottom."""
    left, top, right, bottom = _widths(padding)
    if padding_mode == "constant":
        value = float(fill[0] if isinstance(fill, Sequence) else fill or 0)
        return torch.nn.functional.pad(img, (left, right, top, bottom), value=value)
    if padding_mode not in ("edge", "reflect", "symmetric"):
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")
    rows = _source(img.shape[-2], top, bottom, padding_mode)
    columns = _source(img.shape[-1], left, right, padding_mode)
    return img[..., rows, :][..., columns]


def _widths(padding: Any) -> tuple[int, int, int, int]:
    if isinstance(padding, int):
        return padding, padding, padding, padding
    several = [int(one) for one in padding]
    if len(several) == 1:
        several *= 2
    if len(several) == 2:
        several *= 2
    left, top, right, bottom = several
    return left, top, right, bottom


def _source(length: int, before: int, after: int, mode: str) -> torch.Tensor:
    """For each place of the result, the place of the image that it shows."""
    places = torch.arange(-before, length + after)
    if mode == "edge" or length == 1:
        return places.clamp(0, length - 1)
    period = 2 * length if mode == "symmetric" else 2 * length - 2
    places = places % period
    return torch.where(places < length, places, period - places - int(mode == "symmetric"))
