"""The program that is written for one sample of an operator."""

from __future__ import annotations

SOURCE = '''"""`{name}`, sample {number}, between a generator and a discriminator."""

import torch
from torch import nn

from benchmarks.operators.samples import drawn, numbers

torch.manual_seed(0)
torch.use_deterministic_algorithms(True, warn_only=True)  # or new memory holds whatever was there
sample = drawn({name!r}, {number})
operator, args, options = sample.operator, sample.args, sample.options


class Generator(nn.Module):
    """Scales and shifts every number of its noise."""

    def __init__(self):
        super().__init__()
        self.scale = nn.ParameterList(torch.ones_like(part) for part in sample.noise)
        self.shift = nn.ParameterList(torch.zeros_like(part) for part in sample.noise)

    def forward(self, noise):
        return [part * by + to for part, by, to in zip(noise, self.scale, self.shift)]


netG = Generator()
netD = nn.Sequential(nn.Linear(1, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
optG = torch.optim.SGD(netG.parameters(), lr=1e-9)
optD = torch.optim.SGD(netD.parameters(), lr=1e-9)
real = torch.randn(8, 1)

for _ in range(3):
    made = netG(sample.noise)
    shown = operator({given}, *args, **options)  # the operator
    fake = numbers(shown)

    loss_D = netD(fake.detach()).mean() - netD(real).mean()
    optD.zero_grad()
    loss_D.backward()
    optD.step()

    loss_G = -netD(fake).mean()
    optG.zero_grad()
    loss_G.backward()
    optG.step()
'''


def program(name: str, number: int, *, listed: bool) -> str:
    return SOURCE.format(name=name, number=number, given="made" if listed else "made[0]")


def operators_line(source: str) -> int:
    return 1 + next(n for n, line in enumerate(source.splitlines()) if "# the operator" in line)
