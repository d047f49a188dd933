"""A running average of the generator is kept for samples; relativistic average losses."""
# discriminators: D_solver

import copy

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

torch.manual_seed(24)
G = nn.Sequential(nn.Linear(4, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Linear(12, 5))
D = nn.Sequential(nn.Linear(5, 12), nn.LeakyReLU(0.2), nn.Linear(12, 1))
G_ema = copy.deepcopy(G).eval().requires_grad_(False)
G_solver, D_solver = torch.optim.Adam(G.parameters(), 1e-3), torch.optim.Adam(D.parameters(), 1e-3)


@torch.no_grad()
def accumulate(average, model, decay=0.9):
    for a, m in zip(average.parameters(), model.parameters()):
        a.mul_(decay).add_(m, alpha=1 - decay)
    for a, m in zip(average.buffers(), model.buffers()):
        a.copy_(m)


samples = []
for i in range(3):
    y = torch.ones(10, 1)
    x_real = torch.randn(10, 5) ** 2
    x_fake = G(torch.randn(10, 4))
    real_pred, fake_pred = D(x_real), D(x_fake.detach())
    errD = (bce(real_pred - fake_pred.mean(), y) + bce(fake_pred - real_pred.mean(), 1 - y)) / 2
    D.zero_grad()
    errD.backward()
    D_solver.step()

    real_pred, fake_pred = D(x_real).detach(), D(x_fake)
    errG = (bce(fake_pred - real_pred.mean(), y) + bce(real_pred - fake_pred.mean(), 1 - y)) / 2
    G.zero_grad()
    errG.backward()
    G_solver.step()
    accumulate(G_ema, G)
    with torch.no_grad():
        samples.append(G_ema(torch.randn(2, 4)))
