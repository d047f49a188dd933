"""What is done to the bytes of an image, by way of tensors."""

from __future__ import annotations

import ctypes
from typing import Any

import torch

KINDS: dict[str, tuple[str, int]] = {
    # numpy's name of the type, bands
    "1": ("|u1", 1),
    "L": ("|u1", 1),
    "P": ("|u1", 1),
    "LA": ("|u1", 2),
    "RGB": ("|u1", 3),
    "YCbCr": ("|u1", 3),
    "HSV": ("|u1", 3),
    "LAB": ("|u1", 3),
    "RGBA": ("|u1", 4),
    "CMYK": ("|u1", 4),
    "I": ("<i4", 1),
    "F": ("<f4", 1),
    "I;16": ("<u2", 1),
}
_TYPES = {"I": torch.int32, "F": torch.float32, "I;16": torch.int16}
_GREY = (0.299, 0.587, 0.114)


def width_of(kind: str) -> int:
    return int(kind[-1])


def tensor(image: Any) -> torch.Tensor:
    """Height, width, bands."""
    held = torch.frombuffer(bytearray(image.tobytes()), dtype=_TYPES.get(image.mode, torch.uint8))
    return held.view(image.height, image.width, -1)


def content(held: torch.Tensor) -> bytes:
    whole = held.contiguous()
    return ctypes.string_at(whole.data_ptr(), whole.numel() * whole.element_size())


def listed(data: bytes, depth: int, band: int | None) -> list[Any]:
    if band is not None or depth == 1:
        return list(data[band or 0 :: depth])
    return list(zip(*(data[n::depth] for n in range(depth)), strict=True))


def converted(data: bytes, before: str, after: str) -> bytes:
    held = torch.frombuffer(bytearray(data), dtype=_TYPES.get(before, torch.uint8))
    held = held.view(-1, KINDS[before][1])
    colors = held.expand(-1, 3) if held.shape[1] < 3 else held[:, :3]
    wanted = KINDS[after][1]
    if wanted >= 3:
        found = colors if wanted == 3 else torch.cat([colors, _opaque(held)], 1)
        return content(found.to(torch.uint8))
    weights = torch.tensor(_GREY)
    grey = (colors.float() @ weights)[:, None] if held.shape[1] >= 3 else held[:, :1]
    if after == "1":
        grey = (grey.float() >= 128) * 255
    grey = torch.cat([grey, _opaque(held)], 1) if after == "LA" else grey
    if after in _TYPES:
        return content(grey.to(_TYPES[after]))
    return content(grey.float().round().clamp(0, 255).to(torch.uint8))


def _opaque(held: torch.Tensor) -> torch.Tensor:
    return held[:, -1:] if held.shape[1] in (2, 4) else held.new_full((len(held), 1), 255)


def cropped(image: Any, box: tuple[int, int, int, int]) -> bytes:
    left, top, right, bottom = box
    held = tensor(image)
    found = held.new_zeros(max(bottom - top, 0), max(right - left, 0), held.shape[2])
    inside = held[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    high, wide = inside.shape[:2]
    below, beside = max(-top, 0), max(-left, 0)
    found[below : below + high, beside : beside + wide] = inside
    return content(found)


def resized(image: Any, size: tuple[int, int], nearest: bool) -> bytes:
    held = tensor(image)
    batch = held.permute(2, 0, 1)[None].float()
    if nearest:
        found = torch.nn.functional.interpolate(batch, size[::-1], mode="nearest-exact")
    else:
        found = torch.nn.functional.interpolate(
            batch, size[::-1], mode="bilinear", align_corners=False, antialias=True
        )
    shown = found[0].permute(1, 2, 0)
    return content((shown if image.mode == "F" else shown.round()).to(held.dtype))


def transposed(image: Any, how: str) -> bytes:
    held = tensor(image)
    changes = {
        "FLIP_LEFT_RIGHT": lambda: held.flip(1),
        "FLIP_TOP_BOTTOM": lambda: held.flip(0),
        "ROTATE_90": lambda: held.rot90(1, (0, 1)),
        "ROTATE_180": lambda: held.rot90(2, (0, 1)),
        "ROTATE_270": lambda: held.rot90(3, (0, 1)),
        "TRANSPOSE": lambda: held.transpose(0, 1),
        "TRANSVERSE": lambda: held.rot90(2, (0, 1)).transpose(0, 1),
    }
    return content(changes[how]())


def pasted(image: Any, other: Any, left: int, top: int) -> bytes:
    held, put = tensor(image), tensor(other)
    high, wide = held[top:, left:].shape[:2]
    held[top : top + put.shape[0], left : left + put.shape[1]] = put[:high, :wide]
    return content(held)
