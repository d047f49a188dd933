"""Images read from files as tensors, channels first."""

from __future__ import annotations

import io
import os
from enum import Enum
from typing import Any

import torch

from .transforms import functional


class ImageReadMode(Enum):
    UNCHANGED = 0
    GRAY = 1
    GRAY_ALPHA = 2
    RGB = 3
    RGB_ALPHA = 4


_MODES = {"GRAY": "L", "GRAY_ALPHA": "LA", "RGB": "RGB", "RGB_ALPHA": "RGBA"}


def read_file(path: str) -> torch.Tensor:
    with open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8)


def decode_image(
    input: Any,  # noqa: A002  # torchvision's name
    mode: Any = ImageReadMode.UNCHANGED,
    *_: Any,
    **__: Any,
) -> torch.Tensor:
    from PIL import Image

    if isinstance(input, torch.Tensor):
        image: Any = Image.open(io.BytesIO(bytes(input.tolist())))
    else:
        image = Image.open(os.fspath(input))
    name = mode.upper() if isinstance(mode, str) else mode.name
    wanted = _MODES.get(name)
    found: torch.Tensor = functional.pil_to_tensor(image.convert(wanted) if wanted else image)
    return found


decode_jpeg = decode_png = decode_image


def read_image(
    path: str, mode: Any = ImageReadMode.UNCHANGED, apply_exif_orientation: bool = False
) -> torch.Tensor:
    return decode_image(path, mode)


def _write(input: torch.Tensor, filename: str, *_: Any, **__: Any) -> None:  # noqa: A002
    functional.to_pil_image(input).save(filename)


write_jpeg = write_png = _write
