"""SqueezeNet, which perceptual distances look through."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import nn

from ._api import builder


class Fire(nn.Module):
    def __init__(self, inplanes: int, squeeze: int, expand1x1: int, expand3x3: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inplanes, squeeze, kernel_size=1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(squeeze, expand1x1, kernel_size=1)
        self.expand1x1_activation = nn.ReLU(inplace=True)
        self.expand3x3 = nn.Conv2d(squeeze, expand3x3, kernel_size=3, padding=1)
        self.expand3x3_activation = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.squeeze_activation(self.squeeze(x))
        narrow = self.expand1x1_activation(self.expand1x1(x))
        return torch.cat([narrow, self.expand3x3_activation(self.expand3x3(x))], 1)


_SIZES = (16, 16, 32, 32, 48, 48, 64, 64)
_POOLED_AFTER = {"1_0": (0, 3, 7), "1_1": (0, 2, 4)}


class SqueezeNet(nn.Module):
    def __init__(self, version: str = "1_0", num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        before = 96 if version == "1_0" else 64
        kernel = 7 if version == "1_0" else 3
        layers: list[nn.Module] = [
            nn.Conv2d(3, before, kernel_size=kernel, stride=2),
            nn.ReLU(inplace=True),
        ]
        for number, size in enumerate(_SIZES):
            if number in _POOLED_AFTER[version]:
                layers.append(nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True))
            layers.append(Fire(before, size, 4 * size, 4 * size))
            before = 8 * size
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Dropout(p=dropout),
            nn.Conv2d(512, num_classes, kernel_size=1),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d((1, 1)),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.flatten(self.classifier(self.features(x)), 1)


def _versioned(version: str, **options: Any) -> SqueezeNet:
    return SqueezeNet(version, **options)


squeezenet1_0, SqueezeNet1_0_Weights = builder(
    "SqueezeNet1_0_Weights", partial(_versioned, "1_0"), "squeezenet1_0", ["IMAGENET1K_V1"], 224
)
squeezenet1_1, SqueezeNet1_1_Weights = builder(
    "SqueezeNet1_1_Weights", partial(_versioned, "1_1"), "squeezenet1_1", ["IMAGENET1K_V1"], 224
)
