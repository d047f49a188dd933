"""Mapping and synthesis, softplus losses, R1 in every second round, players toggled by a helper."""
# discriminators: d_optim

import torch
import torch.nn.functional as F
from torch import nn, optim

torch.manual_seed(6)


class StyledGenerator(nn.Module):
    def __init__(self):
        super().__init__()
        self.mapping = nn.Sequential(nn.Linear(4, 8), nn.LeakyReLU(0.2), nn.Linear(8, 8))
        self.constant = nn.Parameter(torch.randn(1, 8))
        self.to_data = nn.Linear(8, 6)

    def forward(self, z):
        style = self.mapping(z)
        return self.to_data(self.constant * (1 + style))


def requires_grad(model, flag):
    for p in model.parameters():
        p.requires_grad = flag


def r1(real, scores):
    (slopes,) = torch.autograd.grad(scores.sum(), real, create_graph=True)
    return slopes.pow(2).sum(1).mean()


generator, discriminator = StyledGenerator(), nn.Sequential(nn.Linear(6, 8), nn.Softplus(), nn.Linear(8, 1))
g_optim = optim.Adam(generator.parameters(), lr=2e-3, betas=(0.0, 0.99))
d_optim = optim.Adam(discriminator.parameters(), lr=2e-3, betas=(0.0, 0.99))
for i in range(6):
    requires_grad(generator, False)
    requires_grad(discriminator, True)
    real = torch.randn(8, 6) * 2
    fake = generator(torch.randn(8, 4))
    d_loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
    discriminator.zero_grad()
    d_loss.backward()
    d_optim.step()
    if i % 2 == 0:
        real.requires_grad_(True)
        r1_loss = r1(real, discriminator(real))
        discriminator.zero_grad()
        (10 / 2 * r1_loss * 2).backward()
        d_optim.step()
    requires_grad(generator, True)
    requires_grad(discriminator, False)
    g_loss = F.softplus(-discriminator(generator(torch.randn(8, 4)))).mean()
    generator.zero_grad()
    g_loss.backward()
    g_optim.step()
