"""ResNet, ResNeXt and the wide ones."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import nn

from ._api import builder


def conv3x3(before: int, after: int, stride: int = 1, groups: int = 1, dilation: int = 1) -> Any:
    return nn.Conv2d(
        before, after, 3, stride, padding=dilation, dilation=dilation, groups=groups, bias=False
    )


def conv1x1(before: int, after: int, stride: int = 1) -> Any:
    return nn.Conv2d(before, after, 1, stride, bias=False)


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Any = None,
    ) -> None:
        super().__init__()
        norm = norm_layer or nn.BatchNorm2d
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = norm(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm(planes)
        self.downsample, self.stride = downsample, stride

    def forward(self, x: torch.Tensor) -> Any:
        found = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        found += x if self.downsample is None else self.downsample(x)
        return self.relu(found)


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Any = None,
    ) -> None:
        super().__init__()
        norm = norm_layer or nn.BatchNorm2d
        width = int(planes * (base_width / 64.0)) * groups
        self.conv1 = conv1x1(inplanes, width)
        self.bn1 = norm(width)
        self.conv2 = conv3x3(width, width, stride, groups, dilation)
        self.bn2 = norm(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.bn3 = norm(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample, self.stride = downsample, stride

    def forward(self, x: torch.Tensor) -> Any:
        found = self.relu(self.bn1(self.conv1(x)))
        found = self.relu(self.bn2(self.conv2(found)))
        found = self.bn3(self.conv3(found))
        found += x if self.downsample is None else self.downsample(x)
        return self.relu(found)


class ResNet(nn.Module):
    def __init__(
        self,
        block: Any,
        layers: Any,
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        groups: int = 1,
        width_per_group: int = 64,
        replace_stride_with_dilation: Any = None,
        norm_layer: Any = None,
    ) -> None:
        super().__init__()
        self._norm_layer = norm_layer or nn.BatchNorm2d
        self.inplanes, self.dilation = 64, 1
        self.groups, self.base_width = groups, width_per_group
        dilated = replace_stride_with_dilation or (False, False, False)
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = self._norm_layer(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 64, layers[0])
        self.layer2 = self._make_layer(block, 128, layers[1], 2, dilated[0])
        self.layer3 = self._make_layer(block, 256, layers[2], 2, dilated[1])
        self.layer4 = self._make_layer(block, 512, layers[3], 2, dilated[2])
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        _initialize(self, zero_init_residual)

    def _make_layer(
        self, block: Any, planes: int, blocks: int, stride: int = 1, dilate: bool = False
    ) -> nn.Sequential:
        norm, before = self._norm_layer, self.dilation
        if dilate:
            self.dilation, stride = self.dilation * stride, 1
        downsample: nn.Module | None = None
        after = planes * block.expansion
        if stride != 1 or self.inplanes != after:
            downsample = nn.Sequential(conv1x1(self.inplanes, after, stride), norm(after))
        shared = (self.groups, self.base_width)
        first = block(self.inplanes, planes, stride, downsample, *shared, before, norm)
        self.inplanes = after
        rest = (
            block(after, planes, 1, None, *shared, self.dilation, norm) for _ in range(1, blocks)
        )
        return nn.Sequential(first, *rest)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def _initialize(net: nn.Module, zero_residual: bool) -> None:
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    if zero_residual:
        for module in net.modules():
            last = getattr(module, "bn3", None) or getattr(module, "bn2", None)
            if isinstance(last, nn.BatchNorm2d):
                nn.init.zeros_(last.weight)


_TABLE: tuple[tuple[str, str, Any, tuple[int, ...], dict[str, int]], ...] = (
    ("resnet18", "ResNet18", BasicBlock, (2, 2, 2, 2), {}),
    ("resnet34", "ResNet34", BasicBlock, (3, 4, 6, 3), {}),
    ("resnet50", "ResNet50", Bottleneck, (3, 4, 6, 3), {}),
    ("resnet101", "ResNet101", Bottleneck, (3, 4, 23, 3), {}),
    ("resnet152", "ResNet152", Bottleneck, (3, 8, 36, 3), {}),
    ("resnext50_32x4d", "ResNeXt50_32X4D", Bottleneck, (3, 4, 6, 3), {"groups": 32, "width": 4}),
    ("resnext101_32x8d", "ResNeXt101_32X8D", Bottleneck, (3, 4, 23, 3), {"groups": 32, "width": 8}),
    ("resnext101_64x4d", "ResNeXt101_64X4D", Bottleneck, (3, 4, 23, 3), {"groups": 64, "width": 4}),
    ("wide_resnet50_2", "Wide_ResNet50_2", Bottleneck, (3, 4, 6, 3), {"width": 128}),
    ("wide_resnet101_2", "Wide_ResNet101_2", Bottleneck, (3, 4, 23, 3), {"width": 128}),
)

__all__ = ["BasicBlock", "Bottleneck", "ResNet", "conv1x1", "conv3x3"]


def _resnet(
    block: Any, layers: tuple[int, ...], groups: int = 1, width: int = 64, **options: Any
) -> ResNet:
    return ResNet(block, layers, **{"groups": groups, "width_per_group": width, **options})


for _name, _kind, _block, _layers, _form in _TABLE:
    _weights = f"{_kind}_Weights"
    _versions = ["IMAGENET1K_V1"]
    if _name not in ("resnet18", "resnet34", "resnext101_64x4d"):
        _versions.append("IMAGENET1K_V2")
    globals()[_name], globals()[_weights] = builder(
        _weights, partial(_resnet, _block, _layers, **_form), _name, _versions, 224
    )
    __all__ += [_name, _weights]
