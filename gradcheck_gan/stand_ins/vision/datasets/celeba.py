"""Faces, with what is said of each."""

from __future__ import annotations

from typing import Any

import torch

from gradcheck_gan.stand_ins.lists import ATTRIBUTES

from .photos import Photos
from .vision import LENGTH, numbers


class CelebA(Photos):
    """The target is of each kind that was asked for: attr, identity, bbox or landmarks."""

    _width, _height = 178, 218
    _takes = ("root", "split", "target_type", "transform", "target_transform", "download")
    base_folder = "celeba"

    def __init__(
        self,
        root: Any = None,
        split: str = "train",
        target_type: Any = "attr",
        *args: Any,
        **kw: Any,
    ) -> None:
        super().__init__(root, split, target_type, *args, **kw)
        self.target_type = [target_type] if isinstance(target_type, str) else list(target_type)
        if not self.target_type and self.target_transform is not None:
            raise RuntimeError("target_transform is specified but target_type is empty")
        self.attr_names = [*ATTRIBUTES, ""]
        self.filename = [f"{number:06}.jpg" for number in range(1, LENGTH + 1)]
        self.attr = numbers("attr", LENGTH * len(ATTRIBUTES), 2).view(LENGTH, -1)
        self.identity = 1 + numbers("identity", LENGTH, 10177)[:, None]
        self.bbox = torch.tensor([[40, 50, 100, 120]]).repeat(LENGTH, 1)
        self.landmarks_align = torch.tensor(
            [[69, 111, 108, 111, 88, 136, 73, 152, 105, 152]]
        ).repeat(LENGTH, 1)

    def _target(self, index: int) -> Any:
        kinds = {"attr": self.attr, "bbox": self.bbox, "landmarks": self.landmarks_align}
        found = tuple(
            self.identity[index, 0] if kind == "identity" else kinds[kind][index]
            for kind in self.target_type
        )
        return (found if len(found) > 1 else found[0]) if found else None
