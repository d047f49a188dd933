"""MobileNet v2."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..ops import Conv2dNormActivation
from ._api import builder

_STAGES = (
    # growth, channels, blocks, first stride
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


class InvertedResidual(nn.Module):
    def __init__(self, before: int, after: int, stride: int, growth: int) -> None:
        super().__init__()
        self.use_res_connect = stride == 1 and before == after
        hidden = before * growth
        form: Any = {"activation_layer": nn.ReLU6}
        layers: list[nn.Module] = []
        if growth != 1:
            layers.append(Conv2dNormActivation(before, hidden, kernel_size=1, **form))
        layers += [
            Conv2dNormActivation(hidden, hidden, stride=stride, groups=hidden, **form),
            nn.Conv2d(hidden, after, 1, 1, 0, bias=False),
            nn.BatchNorm2d(after),
        ]
        self.conv = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> Any:
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self, num_classes: int = 1000, dropout: float = 0.2) -> None:
        super().__init__()
        form: Any = {"activation_layer": nn.ReLU6}
        layers: list[nn.Module] = [Conv2dNormActivation(3, 32, stride=2, **form)]
        before = 32
        for growth, after, blocks, first in _STAGES:
            for number in range(blocks):
                stride = 1 if number else first
                layers.append(InvertedResidual(before, after, stride, growth))
                before = after
        layers.append(Conv2dNormActivation(before, 1280, kernel_size=1, **form))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(p=dropout), nn.Linear(1280, num_classes))

    def forward(self, x: torch.Tensor) -> Any:
        x = nn.functional.adaptive_avg_pool2d(self.features(x), (1, 1))
        return self.classifier(torch.flatten(x, 1))


mobilenet_v2, MobileNet_V2_Weights = builder(
    "MobileNet_V2_Weights", MobileNetV2, "mobilenet_v2", ["IMAGENET1K_V1", "IMAGENET1K_V2"], 224
)
