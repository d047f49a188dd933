"""What every data set of torchvision has in common."""

from __future__ import annotations

import ctypes
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch.utils.data import Dataset

from gradcheck_gan.stand_ins.telling import tell

LENGTH = 800
"""A multiple of the batch sizes that also divide the real data sets: 100, 50, 32, 20."""

Change = Callable[[Any], Any]


class StandardTransform:
    def __init__(self, transform: Change | None = None, target_transform: Change | None = None):
        self.transform, self.target_transform = transform, target_transform

    def __call__(self, image: Any, target: Any) -> tuple[Any, Any]:
        image = image if self.transform is None else self.transform(image)
        return image, target if self.target_transform is None else self.target_transform(target)


class VisionDataset(Dataset[Any]):
    """A folder, and how images and targets are changed."""

    _repr_indent = 4

    def __init__(
        self,
        root: Any = None,
        transforms: Callable[[Any, Any], Any] | None = None,
        transform: Change | None = None,
        target_transform: Change | None = None,
    ) -> None:
        if transforms is not None and (transform is not None or target_transform is not None):
            raise ValueError(
                "Only transforms or transform/target_transform can be passed as argument"
            )
        self.root = root
        self.transform, self.target_transform = transform, target_transform
        standard = StandardTransform(transform, target_transform)
        changes = transform is not None or target_transform is not None
        self.transforms = transforms or (standard if changes else None)
        self._tell()

    def _tell(self) -> None:
        """By the name that torchvision has for it, also where the script made a class of it."""
        ours = (one for one in type(self).__mro__ if one.__module__.startswith(_FAMILY))
        name = next(ours).__name__
        if name != "VisionDataset":
            tell("Made up, small and random: {}.", name)

    def _changed(self, image: Any, target: Any) -> tuple[Any, Any]:
        return (image, target) if self.transforms is None else self.transforms(image, target)

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"Dataset {type(self).__name__}\n    Number of datapoints: {len(self)}"


_FAMILY = __name__.rpartition(".")[0]


@cache
def _pool(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    drawn = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=drawn)


def pool(name: str, *shape: int) -> torch.Tensor:
    """Random bytes, the same ones for a name; the script's generator is not drawn from."""
    return _pool(name, shape).clone()


def numbers(name: str, length: int, below: int) -> torch.Tensor:
    drawn = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    return torch.randint(0, below, (length,), generator=drawn)


def labels(length: int, kinds: int) -> list[int]:
    return [number % kinds for number in range(length)]


def array(tensor: torch.Tensor) -> Any:
    """As numpy's, where there is numpy."""
    try:
        return tensor.numpy()
    except RuntimeError:
        return tensor


def image_of(pixels: Any) -> Any:
    """An image of rows of bytes: grey ones, or three of colour."""
    from PIL import Image

    held = torch.as_tensor(pixels)
    mode = "L" if held.ndim == 2 else "RGB"
    held = held.contiguous()
    content = ctypes.string_at(held.data_ptr(), held.numel())
    return Image.frombytes(mode, (held.shape[1], held.shape[0]), content)
