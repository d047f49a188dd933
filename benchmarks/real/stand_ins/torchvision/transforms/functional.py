"""What the transforms are made of; an image is PIL's or a tensor, channels first."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np
import torch
from PIL import Image


class InterpolationMode(Enum):
    NEAREST = "nearest"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"


def size_of(image: Any) -> tuple[int, int]:
    """Height and width."""
    if isinstance(image, torch.Tensor):
        return image.shape[-2], image.shape[-1]
    return image.height, image.width


def to_tensor(image: Any) -> Any:
    if isinstance(image, torch.Tensor):
        return image
    array = np.array(image)
    tensor = torch.from_numpy(array[..., None] if array.ndim == 2 else array).permute(2, 0, 1)
    tensor = tensor.contiguous()
    return tensor.float() / 255 if tensor.dtype == torch.uint8 else tensor


def to_pil_image(image: Any) -> Any:
    if isinstance(image, torch.Tensor):
        image = (image.detach().clamp(0, 1) * 255).byte().permute(1, 2, 0).cpu().numpy()
    array = np.asarray(image)
    return Image.fromarray(array[..., 0] if array.shape[2:] == (1,) else array)


def normalize(image: Any, mean: Any, std: Any) -> Any:
    """Per channel; figures for channels that a grey image lacks are not used."""
    center, scale = (
        torch.as_tensor(np.array(x), dtype=image.dtype)[:, None, None] for x in (mean, std)
    )
    return (image - center[: len(image)]) / scale[: len(image)]


def resize(image: Any, size: Any, *_: Any, **__: Any) -> Any:
    """To a height and a width, or its shorter side to a length."""
    high, wide = size_of(image)
    if isinstance(size, int):
        size = size * high // min(high, wide), size * wide // min(high, wide)
    if isinstance(image, torch.Tensor):
        return torch.nn.functional.interpolate(image[None], tuple(size))[0]
    return image.resize((int(size[1]), int(size[0])), Image.BILINEAR)


def crop(image: Any, top: int, left: int, height: int, width: int) -> Any:
    if isinstance(image, torch.Tensor):
        return image[..., top : top + height, left : left + width]
    return image.crop((left, top, left + width, top + height))


def center_crop(image: Any, size: Any) -> Any:
    height, width = (size, size) if isinstance(size, int) else size
    high, wide = size_of(image)
    return crop(image, (high - height) // 2, (wide - width) // 2, height, width)


def hflip(image: Any) -> Any:
    if isinstance(image, torch.Tensor):
        return image.flip(-1)
    return image.transpose(Image.FLIP_LEFT_RIGHT)
