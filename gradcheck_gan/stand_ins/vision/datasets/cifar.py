"""Small coloured images and digits, held as arrays."""

from __future__ import annotations

from typing import Any

import torch

from .vision import LENGTH, Change, VisionDataset, array, image_of, labels, pool


class CIFAR10(VisionDataset):
    base_folder = "cifar-10-batches-py"
    _kinds = tuple("airplane automobile bird cat deer dog frog horse ship truck".split())

    def __init__(
        self,
        root: Any = None,
        train: bool = True,
        transform: Change | None = None,
        target_transform: Change | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        self.data = array(pool(f"{type(self).__name__} {train}", LENGTH, 32, 32, 3))
        self.classes = list(self._kinds)
        self.class_to_idx = {name: number for number, name in enumerate(self.classes)}
        self.targets = labels(LENGTH, len(self.classes))

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._changed(image_of(self.data[index]), self.targets[index])


class CIFAR100(CIFAR10):
    base_folder = "cifar-100-python"
    _kinds = tuple(f"class {number}" for number in range(100))


class SVHN(VisionDataset):
    """Channels come first in its array."""

    def __init__(
        self,
        root: Any,
        split: str = "train",
        transform: Change | None = None,
        target_transform: Change | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.split = split
        self.data = array(pool(f"SVHN {split}", LENGTH, 3, 32, 32))
        self.labels = array(torch.tensor(labels(LENGTH, 10)))

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image = image_of(torch.as_tensor(self.data[index]).permute(1, 2, 0))
        return self._changed(image, int(self.labels[index]))


class STL10(SVHN):
    """Without labels, each of them is -1."""

    classes = "airplane bird car cat deer dog horse monkey ship truck".split()
    splits = ("train", "train+unlabeled", "unlabeled", "test")

    def __init__(
        self,
        root: Any,
        split: str = "train",
        folds: int | None = None,
        transform: Change | None = None,
        target_transform: Change | None = None,
        download: bool = False,
    ) -> None:
        VisionDataset.__init__(self, root, transform=transform, target_transform=target_transform)
        self.split, self.folds = split, folds
        self.data = array(pool(f"STL10 {split}", LENGTH, 3, 96, 96))
        known = torch.tensor(labels(LENGTH, 10))
        self.labels = array(torch.full_like(known, -1) if split == "unlabeled" else known)


class USPS(VisionDataset):
    """Grey digits of 16 x 16."""

    def __init__(
        self,
        root: Any,
        train: bool = True,
        transform: Change | None = None,
        target_transform: Change | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.data = array(pool(f"USPS {train}", LENGTH, 16, 16))
        self.targets = labels(LENGTH, 10)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._changed(image_of(self.data[index]), int(self.targets[index]))


class SEMEION(VisionDataset):
    def __init__(
        self,
        root: Any,
        transform: Change | None = None,
        target_transform: Change | None = None,
        download: bool = True,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.data = array(pool("SEMEION", LENGTH, 16, 16))
        self.labels = array(torch.tensor(labels(LENGTH, 10)))

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._changed(image_of(self.data[index]), int(self.labels[index]))
