"""Each step is a closure handed to the optimizer; the closures are made by a factory."""
# discriminators: d_opt

import torch
from torch import nn

torch.manual_seed(27)


def build():
    g = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
    d = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    g_opt = torch.optim.SGD(g.parameters(), lr=0.01)
    d_opt = torch.optim.SGD(d.parameters(), lr=0.01)

    def discriminator_step(real):
        def closure():
            d_opt.zero_grad()
            fake = g(torch.randn(len(real), 3)).detach()
            loss = (d(fake).sigmoid() + (-d(real)).sigmoid()).mean()
            loss.backward()
            return loss

        return d_opt.step(closure)

    def generator_step(n):
        def closure():
            g_opt.zero_grad()
            loss = (-d(g(torch.randn(n, 3)))).sigmoid().mean()
            loss.backward()
            return loss

        return g_opt.step(closure)

    return discriminator_step, generator_step


play_d, play_g = build()
for _ in range(4):
    play_d(torch.randn(9, 2) + 1)
    play_g(9)
