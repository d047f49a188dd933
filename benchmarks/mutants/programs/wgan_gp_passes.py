"""WGAN-GP in three backward calls a critic step, with the signs as seeds of the passes."""
# discriminators: optimizer_D

import torch
from torch import nn

torch.manual_seed(4)
one = torch.tensor(1.0)
mone = one * -1
netG = nn.Sequential(nn.Linear(2, 8), nn.ReLU(True), nn.Linear(8, 2))
netD = nn.Sequential(nn.Linear(2, 8), nn.Softplus(), nn.Linear(8, 1))
optimizer_G = torch.optim.Adam(netG.parameters(), 1e-3)
optimizer_D = torch.optim.Adam(netD.parameters(), 1e-3)


def slope(points):
    points.requires_grad_(True)
    out = netD(points)
    (g,) = torch.autograd.grad(out, points, torch.ones_like(out), create_graph=True)
    return g


for iteration in range(3):
    for p in netD.parameters():
        p.requires_grad = True
    for _ in range(2):
        netD.zero_grad()
        real = torch.randn(10, 2) + 2
        D_real = netD(real).mean()
        D_real.backward(mone)
        with torch.no_grad():
            noise = torch.randn(10, 2)
            fake = netG(noise)
        D_fake = netD(fake).mean()
        D_fake.backward(one)
        t = torch.rand(10, 1)
        penalty = 10 * ((slope(t * real + (1 - t) * fake).norm(dim=1) - 1) ** 2).mean()
        penalty.backward()
        optimizer_D.step()
    for p in netD.parameters():
        p.requires_grad = False
    netG.zero_grad()
    score = netD(netG(torch.randn(10, 2))).mean()
    score.backward(mone)
    optimizer_G.step()
