"""Recurses in plain functions, in functions of torch and in modules, and says how deep."""

import sys

import torch
from _gan import D, update
from torch import nn


class Wrapped(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)


class Shared(nn.Module):
    def forward(self, x, depth):
        return x if depth == 0 else self(x * 1, depth - 1)


def plain(number):
    try:
        return plain(number + 1)
    except RecursionError:
        return number


def within(x, number):
    D(x)
    try:
        return within(x, number + 1)
    except RecursionError:
        return number // 10


update()
print(sys.getrecursionlimit(), plain(0))
x = torch.ones(1, 2)
print(within(x, 0))
print(Shared()(x, 200))
try:
    Shared()(x, 2000)
except RecursionError as error:
    print(type(error))
update()
sys.setrecursionlimit(3000)
print(sys.getrecursionlimit(), plain(0))
print(Shared()(x, 500).sum())
sys.setrecursionlimit(1000)
hook = D.register_forward_hook(lambda *_: plain(0) and None)
update()
hook.remove()
print(plain(0))
