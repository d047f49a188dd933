"""Nests modules as deep as python's recursion limit allows."""

import torch
from _gan import update
from torch import nn


class Wrapped(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)


update()
for depth in (100, 200, 300, 400):
    net = nn.Linear(2, 2)
    for _ in range(depth):
        net = Wrapped(net)
    try:
        print(depth, net(torch.ones(1, 2)).shape)
    except RecursionError as error:
        print(depth, "too deep")
del net
