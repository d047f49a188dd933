"""Catches errors out of torch and says what they keep alive."""

import torch
from _gan import D, G, optG, update
from _lifetimes import know, report


class Fails(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        raise KeyError("forward")


def fail(*_):
    raise KeyError("hook")


def second_pass(x):
    loss = D(G(x)).mean()
    loss.backward()
    loss.backward()


def hooked_pass(x):
    fake = G(x)
    fake.register_hook(fail)
    D(fake).mean().backward()


def hooked_gradient(x):
    fake = G(x)
    fake.register_hook(fail)
    torch.autograd.grad(D(fake).mean(), G[0].weight)


for wrong in (
    second_pass,
    hooked_pass,
    hooked_gradient,
    Fails.apply,
    lambda x: D(x.view(-1)),
    lambda x: x @ x,
    lambda x: optG.step(lambda: fail(x)),
    lambda x: torch.Tensor(x, x),
):
    noise = torch.randn(8, 2)
    know(noise=noise)
    try:
        wrong(noise)
    except Exception as error:
        print(type(error).__name__)
    del noise
    report(wrong.__name__)
update()
