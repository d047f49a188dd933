"""Warnings that torch raises for a caller three frames and more above it."""

import torch
from _gan import update
from torch import nn

nn.Softmax()(torch.ones(2, 2))
nn.Sequential(nn.LogSoftmax())(torch.ones(2, 2))
layer = nn.Linear(2, 2)
layer.register_full_backward_hook(lambda *_: None)
layer(torch.ones(1, 2)).sum().backward()
layer(torch.ones(1, 2)).sum().backward()
update()
