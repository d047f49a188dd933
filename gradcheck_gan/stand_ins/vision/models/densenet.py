"""DenseNet."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import Any

import torch
from torch import nn

from ._api import builder


class _DenseLayer(nn.Module):
    def __init__(self, before: int, growth: int, widening: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(before)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(before, widening * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(widening * growth)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(widening * growth, growth, 3, padding=1, bias=False)

    def forward(self, given: list[torch.Tensor]) -> Any:
        x = self.conv1(self.relu1(self.norm1(torch.cat(given, 1))))
        return self.conv2(self.relu2(self.norm2(x)))


class _DenseBlock(nn.ModuleDict):
    def __init__(self, layers: int, before: int, widening: int, growth: int) -> None:
        super().__init__()
        for number in range(layers):
            layer = _DenseLayer(before + number * growth, growth, widening)
            self.add_module(f"denselayer{number + 1}", layer)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = [x]
        for layer in self.values():
            found.append(layer(found))
        return torch.cat(found, 1)


class _Transition(nn.Sequential):
    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(before)
        self.relu = nn.ReLU(inplace=True)
        self.conv = nn.Conv2d(before, after, kernel_size=1, bias=False)
        self.pool = nn.AvgPool2d(kernel_size=2, stride=2)


class DenseNet(nn.Module):
    def __init__(
        self,
        growth_rate: int = 32,
        block_config: tuple[int, ...] = (6, 12, 24, 16),
        num_init_features: int = 64,
        bn_size: int = 4,
        num_classes: int = 1000,
    ) -> None:
        super().__init__()
        first = nn.Conv2d(3, num_init_features, 7, stride=2, padding=3, bias=False)
        layers: list[tuple[str, nn.Module]] = [
            ("conv0", first),
            ("norm0", nn.BatchNorm2d(num_init_features)),
            ("relu0", nn.ReLU(inplace=True)),
            ("pool0", nn.MaxPool2d(kernel_size=3, stride=2, padding=1)),
        ]
        held = num_init_features
        for number, count in enumerate(block_config, start=1):
            layers.append((f"denseblock{number}", _DenseBlock(count, held, bn_size, growth_rate)))
            held += count * growth_rate
            if number < len(block_config):
                layers.append((f"transition{number}", _Transition(held, held // 2)))
                held //= 2
        layers.append(("norm5", nn.BatchNorm2d(held)))
        self.features = nn.Sequential(OrderedDict(layers))
        self.classifier = nn.Linear(held, num_classes)

    def forward(self, x: torch.Tensor) -> Any:
        x = nn.functional.relu(self.features(x), inplace=True)
        return self.classifier(torch.flatten(nn.functional.adaptive_avg_pool2d(x, (1, 1)), 1))


_TABLE = {
    121: (32, (6, 12, 24, 16), 64),
    161: (48, (6, 12, 36, 24), 96),
    169: (32, (6, 12, 32, 32), 64),
    201: (32, (6, 12, 48, 32), 64),
}

__all__ = ["DenseNet"]

for _layers, _form in _TABLE.items():
    _name, _weights = f"densenet{_layers}", f"DenseNet{_layers}_Weights"
    globals()[_name], globals()[_weights] = builder(
        _weights, partial(DenseNet, *_form), _name, ["IMAGENET1K_V1"], 224
    )
    __all__ += [_name, _weights]
