"""Grey digits, letters and clothes."""

from __future__ import annotations

import os
import string
from typing import Any, ClassVar

import torch

from .vision import LENGTH, Change, VisionDataset, image_of, labels, pool


class MNIST(VisionDataset):
    classes = (
        "0 - zero,1 - one,2 - two,3 - three,4 - four,5 - five,6 - six,7 - seven,8 - eight,9 - nine"
    ).split(",")

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
        self.data = pool(f"{type(self).__name__} {train}", LENGTH, 28, 28)
        self.targets = torch.tensor(labels(LENGTH, len(self.classes)))

    @property
    def train_data(self) -> torch.Tensor:
        return self.data

    @property
    def train_labels(self) -> torch.Tensor:
        return self.targets

    test_data, test_labels = train_data, train_labels

    @property
    def raw_folder(self) -> str:
        return os.path.join(self.root, type(self).__name__, "raw")

    @property
    def processed_folder(self) -> str:
        return os.path.join(self.root, type(self).__name__, "processed")

    @property
    def class_to_idx(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.classes)}

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._changed(image_of(self.data[index]), int(self.targets[index]))


class FashionMNIST(MNIST):
    classes = ("T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot").split(
        ","
    )


class KMNIST(MNIST):
    classes = "o ki su tsu na ha ma ya re wo".split()


_MERGED = set("cijklmopsuvwxyz")


class EMNIST(MNIST):
    """How many classes there are depends on the split; `letters` counts from 1."""

    splits = ("byclass", "bymerge", "balanced", "letters", "digits", "mnist")
    classes_split_dict: ClassVar[dict[str, list[str]]] = {
        "byclass": sorted(string.digits + string.ascii_letters),
        "bymerge": sorted(set(string.digits + string.ascii_letters) - _MERGED),
        "balanced": sorted(set(string.digits + string.ascii_letters) - _MERGED),
        "letters": ["N/A", *string.ascii_lowercase],
        "digits": list(string.digits),
        "mnist": list(string.digits),
    }

    def __init__(self, root: Any, split: str, **options: Any) -> None:
        if split not in self.splits:
            raise ValueError(f"Unknown value {split!r} for argument split.")
        self.split = split
        self.__dict__["classes"] = self.classes_split_dict[split]
        super().__init__(root, **options)
        if split == "letters":
            self.targets = 1 + torch.tensor(labels(LENGTH, 26))


class QMNIST(MNIST):
    def __init__(
        self,
        root: Any,
        what: str | None = None,
        compat: bool = True,
        train: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(root, train, **options)


class MovingMNIST(VisionDataset):
    """Twenty frames each."""

    def __init__(
        self,
        root: Any,
        split: str | None = None,
        split_ratio: int = 10,
        download: bool = False,
        transform: Change | None = None,
    ) -> None:
        super().__init__(root, transform=transform)
        self.data = pool("MovingMNIST", LENGTH // 8, 20, 1, 64, 64)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> Any:
        frames = self.data[index]
        return frames if self.transform is None else self.transform(frames)
