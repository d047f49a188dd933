"""VGG, in the order of layers that slices of it count on."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import nn

from ._api import builder

_DEPTHS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


class VGG(nn.Module):
    def __init__(
        self,
        features: nn.Module,
        num_classes: int = 1000,
        init_weights: bool = True,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, num_classes),
        )
        if init_weights:
            _initialize(self)

    def forward(self, x: torch.Tensor) -> Any:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


def _initialize(net: nn.Module) -> None:
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, 0, 0.01)
            nn.init.zeros_(module.bias)


def _features(layers: int, normed: bool) -> nn.Sequential:
    made: list[nn.Module] = []
    before = 3
    for depth, after in zip(_DEPTHS[layers], (64, 128, 256, 512, 512), strict=True):
        for _ in range(depth):
            made.append(nn.Conv2d(before, after, kernel_size=3, padding=1))
            made += [nn.BatchNorm2d(after)] if normed else []
            made.append(nn.ReLU(inplace=True))
            before = after
        made.append(nn.MaxPool2d(kernel_size=2, stride=2))
    return nn.Sequential(*made)


def _vgg(layers: int, normed: bool, **options: Any) -> VGG:
    return VGG(_features(layers, normed), **options)


__all__ = ["VGG"]

for _layers in _DEPTHS:
    for _normed, _suffix in ((False, ""), (True, "_bn")):
        _name, _weights = f"vgg{_layers}{_suffix}", f"VGG{_layers}{_suffix.upper()}_Weights"
        _versions = ["IMAGENET1K_V1"]
        if _name == "vgg16":
            _versions = ["IMAGENET1K_FEATURES", "IMAGENET1K_V1"]
        globals()[_name], globals()[_weights] = builder(
            _weights, partial(_vgg, _layers, _normed), _name, _versions, 224
        )
        __all__ += [_name, _weights]
