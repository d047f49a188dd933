"""The script's own warnings, seen from one to five frames above."""

import warnings

import torch
from _gan import G, update
from torch import nn


def warn(levels):
    for level in levels:
        warnings.warn(f"level {level}", stacklevel=level)
    warnings.warn("deprecated", DeprecationWarning, stacklevel=2)


class Layer(nn.Module):
    def forward(self, x):
        warn((1, 2, 3, 4, 5))
        return x


class Same(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        warn((1, 2, 3))
        return x * 1

    @staticmethod
    def backward(ctx, gradient):
        warn((1, 2, 3, 4, 5))
        return gradient


class Mine(torch.optim.SGD):
    def __init__(self, *args, **options):
        warn((1, 2, 3))
        super().__init__(*args, **options)

    def step(self, closure=None):
        warn((1, 2, 3, 4))
        return super().step(closure)


for _ in range(2):
    warn((1, 2, 2))
    warn((2,)), warn((2,))
Layer()(torch.ones(1))
nn.Sequential(Layer())(torch.ones(1))
x = torch.ones(1, requires_grad=True)
Same.apply(x).sum().backward()
doubled = x * 2
doubled.register_hook(lambda gradient: warn((1, 2, 3, 4, 5)))
doubled.backward()
Mine(G.parameters(), lr=0.1).step()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    (x * 2).grad, Layer()(x), torch.ones(1).var(), nn.functional.softmax(torch.ones(2, 2))
print([(str(each.message), each.filename, each.lineno, each.category) for each in caught])
update()
