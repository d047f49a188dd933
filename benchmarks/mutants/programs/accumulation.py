"""The judge steps on two micro-batches, the maker on three; each is cleared after its step."""
# discriminators: dopt

import torch
from torch import nn

torch.manual_seed(22)
net_G = nn.Sequential(nn.Linear(3, 9), nn.SELU(), nn.Linear(9, 4))
net_D = nn.Sequential(nn.Linear(4, 9), nn.SELU(), nn.Linear(9, 1))
gopt = torch.optim.Adam(net_G.parameters(), lr=1e-3)
dopt = torch.optim.Adam(net_D.parameters(), lr=1e-3)
D_ACCUM, G_ACCUM = 2, 3
micro = 0
while micro < 12:
    micro += 1
    real = torch.randn(6, 4) + 0.5
    fake = net_G(torch.randn(6, 3)).detach()
    d_loss = (net_D(fake) - net_D(real)).mean().exp() / D_ACCUM
    d_loss.backward()
    if micro % D_ACCUM == 0:
        dopt.step()
        dopt.zero_grad()

    for p in net_D.parameters():
        p.requires_grad_(False)
    g_loss = (-net_D(net_G(torch.randn(6, 3)))).mean() / G_ACCUM
    g_loss.backward()
    for p in net_D.parameters():
        p.requires_grad_(True)
    if micro % G_ACCUM == 0:
        gopt.step()
        gopt.zero_grad()
