"""Goes on after errors in forward passes, backward passes, custom functions and steps."""

import torch
from _gan import D, G, optD, optG, update
from torch import nn


class Fails(nn.Module):
    def forward(self, x):
        raise KeyError("forward")


class Backward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, g):
        raise KeyError("backward")


class Late(torch.optim.SGD):
    def step(self, closure=None):
        super().step(closure)
        raise KeyError("late")


def interrupt(*_):
    raise KeyboardInterrupt


def interrupted_pass():
    fake = G(torch.randn(3, 2))
    fake.register_hook(interrupt)
    D(fake).sum().backward()


def inferred():
    with torch.inference_mode():
        D(torch.ones(5))


for wrong in (
    lambda: nn.Sequential(Fails())(torch.ones(1)),
    lambda: Backward.apply(torch.ones(1, requires_grad=True)).backward(),
    lambda: torch.ones(1).backward(),
    interrupted_pass,
    inferred,
    lambda: Late(G.parameters(), lr=0.1).step(),
    lambda: optG.step(interrupt),
    lambda: optD.step(lambda: 1 / 0),
):
    try:
        wrong()
    except BaseException as error:
        print(type(error), str(error)[:60], torch.is_grad_enabled(), torch.is_inference_mode_enabled())
    print(update())
