"""The plain minimax game on a ring of points, as a flat script."""
# discriminators: opt_d

import torch
import torch.nn as nn

torch.manual_seed(0)
G = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1), nn.Sigmoid())
opt_g = torch.optim.SGD(G.parameters(), lr=0.05)
opt_d = torch.optim.SGD(D.parameters(), lr=0.05)

for step in range(4):
    angle = torch.rand(16) * 6.28
    real = torch.stack([angle.cos(), angle.sin()], dim=1)

    noise = torch.randn(16, 4)
    fake = G(noise)
    opt_d.zero_grad()
    d_loss = -(torch.log(D(real)) + torch.log(1 - D(fake.detach()))).mean()
    d_loss.backward()
    opt_d.step()

    opt_g.zero_grad()
    g_loss = torch.log(1 - D(fake)).mean()
    g_loss.backward()
    opt_g.step()
