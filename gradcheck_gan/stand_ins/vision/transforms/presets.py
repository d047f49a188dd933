"""What pretrained networks expect of an image."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from . import functional as F  # noqa: N812


class ImageClassification(nn.Module):
    def __init__(
        self,
        *,
        crop_size: int,
        resize_size: int = 256,
        mean: tuple[float, ...] = (0.485, 0.456, 0.406),
        std: tuple[float, ...] = (0.229, 0.224, 0.225),
    ) -> None:
        super().__init__()
        self.crop_size, self.resize_size = [crop_size], [max(resize_size, crop_size)]
        self.mean, self.std = list(mean), list(std)

    def forward(self, img: Any) -> torch.Tensor:
        img = F.center_crop(F.resize(img, self.resize_size), self.crop_size)
        tensor = img if isinstance(img, torch.Tensor) else F.pil_to_tensor(img)
        return F.normalize(F.convert_image_dtype(tensor, torch.float), self.mean, self.std)
