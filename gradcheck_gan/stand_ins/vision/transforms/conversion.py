"""Images to tensors and back."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from typing import Any, TypeVar

import torch

Transform = TypeVar("Transform", bound=Callable[..., Any])

_WIDE = {"I": torch.int32, "F": torch.float32, "I;16": torch.int16}


def is_pil(image: Any) -> bool:
    return hasattr(image, "getbands") and hasattr(image, "tobytes")


def is_array(image: Any) -> bool:
    return type(image).__module__ == "numpy" and type(image).__name__ == "ndarray"


def pil_to_tensor(pic: Any) -> torch.Tensor:
    if not is_pil(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    pic = pic.convert("L") if pic.mode == "1" else pic
    content = torch.frombuffer(bytearray(pic.tobytes()), dtype=_WIDE.get(pic.mode, torch.uint8))
    return content.view(pic.height, pic.width, -1).permute(2, 0, 1).contiguous()


def to_tensor(pic: Any) -> torch.Tensor:
    """Bytes become floats from 0 to 1."""
    if is_array(pic):
        if pic.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
        tensor = torch.from_numpy(pic.copy())
        tensor = (tensor[..., None] if pic.ndim == 2 else tensor).permute(2, 0, 1).contiguous()
    elif is_pil(pic):
        tensor = pil_to_tensor(pic)
    else:
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    return tensor.to(torch.get_default_dtype()).div(255) if tensor.dtype == torch.uint8 else tensor


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """Floats from 0 to 1 become bytes; channels are first in a tensor and last in an array."""
    from PIL import Image

    if is_array(pic):
        pic = torch.from_numpy(pic.copy())
        pic = pic[None] if pic.ndim == 2 else pic.permute(2, 0, 1)
    elif not isinstance(pic, torch.Tensor):
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    pic = (pic[None] if pic.ndim == 2 else pic).detach().cpu()
    if pic.is_floating_point() and mode != "F":
        pic = pic.mul(255).to(torch.uint8)
    kind = "F" if mode == "F" else {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[pic.shape[0]]
    if pic.dtype in (torch.int32, torch.int64):
        pic, kind = pic.to(torch.int32), "I"
    content = pic.permute(1, 2, 0).contiguous()
    held = ctypes.string_at(content.data_ptr(), content.numel() * content.element_size())
    image: Any = Image.frombytes(kind, (pic.shape[2], pic.shape[1]), held)
    return image if mode in (None, kind) else image.convert(mode)


def convert_image_dtype(image: torch.Tensor, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Integers up to their largest, floats from 0 to 1."""
    if image.dtype == dtype:
        return image
    if image.is_floating_point():
        if dtype.is_floating_point:
            return image.to(dtype)
        top = torch.iinfo(dtype).max
        return image.mul(top + 1 - 1e-3).clamp(0, top).to(dtype)
    if dtype.is_floating_point:
        return image.to(dtype) / torch.iinfo(image.dtype).max
    return (image.to(torch.float64) / torch.iinfo(image.dtype).max * torch.iinfo(dtype).max).to(
        dtype
    )


def of_tensor(change: Transform) -> Transform:
    """Let what changes a tensor change an image, too; the image keeps its mode where it can."""

    @functools.wraps(change)
    def changed(img: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(img, torch.Tensor):
            return change(img, *args, **kwargs)
        if not is_pil(img):
            raise TypeError(f"img should be PIL Image or tensor. Got {type(img)}")
        plain = img.convert("RGB") if img.mode in ("P", "CMYK", "YCbCr", "HSV") else img
        made = to_pil_image(change(pil_to_tensor(plain), *args, **kwargs))
        return made if made.mode == img.mode or plain is not img else _as_before(made, img)

    return changed  # type: ignore[return-value]


def _as_before(made: Any, img: Any) -> Any:
    return made.convert(img.mode) if len(made.getbands()) == len(img.getbands()) else made
