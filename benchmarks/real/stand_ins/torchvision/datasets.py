"""Data sets of random images, each of the size and kind that its name promises."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import Dataset

LENGTH = 400
Transform = Callable[[Any], Any]


class _Images(Dataset[tuple[Any, Any]]):
    side = 28
    channels = 1
    kinds = 10

    def __init__(
        self,
        root: str | None = None,
        *_: Any,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        **__: Any,
    ) -> None:
        self.root, self.transform, self.target_transform = root, transform, target_transform
        shape = (LENGTH, self.side, self.side) + ((3,) if self.channels == 3 else ())
        self.data = np.random.RandomState(0).randint(0, 256, shape, dtype=np.uint8)
        self._classify([str(kind) for kind in range(self.kinds)])

    def _classify(self, names: list[str]) -> None:
        self.classes = names
        self.class_to_idx = {name: number for number, name in enumerate(names)}
        self.targets = [number % len(names) for number in range(LENGTH)]

    @property
    def train_data(self) -> torch.Tensor:
        return torch.from_numpy(self.data)

    @property
    def train_labels(self) -> torch.Tensor:
        return torch.tensor(self.targets)

    def __len__(self) -> int:
        return LENGTH

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if index >= LENGTH:
            raise IndexError(index)
        image: Any = Image.fromarray(self.data[index])
        target: Any = self.targets[index]
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target


class MNIST(_Images):
    pass


class FashionMNIST(MNIST):
    pass


class CIFAR10(_Images):
    side, channels = 32, 3


class CIFAR100(CIFAR10):
    kinds = 100


class SVHN(CIFAR10):
    pass


class STL10(CIFAR10):
    side = 96


class LSUN(CIFAR10):
    side = 64


class CelebA(LSUN):
    pass


class FakeData(CIFAR10):
    def __init__(self, size: int = 0, image_size: Any = (3, 32, 32), **options: Any) -> None:
        self.side = image_size[-1]
        super().__init__(**options)


class ImageFolder(LSUN):
    """As many kinds as the folder has sub-folders."""

    def __init__(
        self, root: str | None = None, transform: Transform | None = None, **options: Any
    ) -> None:
        super().__init__(root, transform=transform, **options)
        if root and os.path.isdir(root):
            entries = sorted(os.scandir(root), key=lambda entry: entry.name)
            self._classify([entry.name for entry in entries if entry.is_dir()] or self.classes)
        self.imgs = self.samples = list(enumerate(self.targets))
