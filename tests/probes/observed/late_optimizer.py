"""Optimizers that are set up late, hold slots, wrap others, or step themselves."""

import torch
from _gan import D, G, update


class Late(torch.optim.Optimizer):
    __slots__ = ("rate", "__dict__")

    def __init__(self, parameters, rate):
        self.rate = rate
        kept = list(parameters)
        self.before = [len(vars(self))]
        super().__init__(kept, {"lr": rate})

    def step(self, closure=None):
        with torch.no_grad():
            for group in self.param_groups:
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        parameter -= group["lr"] * parameter.grad


class Without(torch.optim.Optimizer):
    def __init__(self, inner):
        self.inner = inner
        self.param_groups = inner.param_groups

    def step(self, closure=None):
        self.inner.step(closure)


class Slotted(torch.nn.Module):
    __slots__ = ("extra",)

    def __init__(self):
        self.extra = 1
        super().__init__()
        self.layer = torch.nn.Linear(2, 2)

    def forward(self, x):
        return self.layer(x) + self.extra


net = Slotted()
late = Late(net.parameters(), 0.1)
outer = Without(torch.optim.Adam(net.parameters()))
for _ in range(2):
    update()
    net(torch.ones(1, 2)).sum().backward()
    late.step()
    outer.step()
    late.zero_grad()
print(late, late.before, sorted(vars(late)), late.state, sorted(vars(outer)))
print(late.step.__qualname__, late.step.__name__, hasattr(Late.step, "hooked"), hasattr(Without.step, "hooked"))
print(late.profile_hook_step.__name__, net.layer.weight)
try:
    torch.optim.SGD([], lr=1)
except ValueError as error:
    print(error)
