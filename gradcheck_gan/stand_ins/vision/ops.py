"""The few operations of torchvision that generators and discriminators are built from."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class Conv2dNormActivation(nn.Sequential):
    """A convolution that keeps the size; a norm and an activation, if they are wanted."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        padding: int | None = None,
        groups: int = 1,
        norm_layer: Any = nn.BatchNorm2d,
        activation_layer: Any = nn.ReLU,
        dilation: int = 1,
        inplace: bool | None = True,
        bias: bool | None = None,
    ) -> None:
        around = (kernel_size - 1) // 2 * dilation if padding is None else padding
        layers: list[nn.Module] = [
            nn.Conv2d(
                in_channels,
                out_channels,
                kernel_size,
                stride,
                around,
                dilation,
                groups,
                bias=norm_layer is None if bias is None else bias,
            )
        ]
        if norm_layer is not None:
            layers.append(norm_layer(out_channels))
        if activation_layer is not None:
            options = {} if inplace is None else {"inplace": inplace}
            layers.append(activation_layer(**options))
        super().__init__(*layers)
        self.out_channels = out_channels


class FrozenBatchNorm2d(nn.Module):
    """Batch norm whose statistics and weights are fixed."""

    def __init__(self, num_features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.register_buffer("weight", torch.ones(num_features))
        self.register_buffer("bias", torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        held: Any = self
        scale = held.weight * (held.running_var + self.eps).rsqrt()
        shift = held.bias - held.running_mean * scale
        shifted: torch.Tensor = x * scale[:, None, None] + shift[:, None, None]
        return shifted


def stochastic_depth(
    input: torch.Tensor,  # noqa: A002  # torchvision's name
    p: float,
    mode: str,
    training: bool = True,
) -> torch.Tensor:
    if not training or p == 0.0:
        return input
    kept = 1.0 - p
    rows = input.shape[0] if mode == "row" else 1
    noise = torch.empty([rows] + [1] * (input.ndim - 1)).bernoulli_(kept).to(input)
    return input * (noise / kept if kept > 0 else noise)
