"""Two small players and one update of each, for the programs beside this file."""

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)

G = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
D = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
optG = torch.optim.SGD(G.parameters(), lr=0.1)
optD = torch.optim.Adam(D.parameters(), lr=0.1)


def update():
    real = torch.randn(8, 2)
    fake = G(torch.randn(8, 2))
    optD.zero_grad()
    (F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()).backward()
    optD.step()
    optG.zero_grad()
    loss = F.softplus(-D(fake)).mean()
    loss.backward()
    optG.step()
    return loss.item()
