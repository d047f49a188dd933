"""Modes and tensor types of the script's own see the script's operations and no others."""

import torch
from _gan import D, G, update
from torch.overrides import TorchFunctionMode

names = []


class Listing(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        names.append(func.__name__)
        return func(*args, **(kwargs or {}))


class Tagged(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        names.append(func.__name__)
        return super().__torch_function__(func, types, args, kwargs or {})


with Listing():
    D(G(torch.randn(4, 2))).mean()
    update()
print(names)
names.clear()
tagged = torch.randn(2, 2).as_subclass(Tagged)
score = (D(tagged) + 1).relu().sum()
print(type(score), float(score), names)
