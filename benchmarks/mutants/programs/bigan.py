"""BiGAN: encoder and generator under one optimizer against a judge of pairs."""
# discriminators: opt_pairs

import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(11)
E = nn.Sequential(nn.Linear(6, 10), nn.ReLU(), nn.Linear(10, 3))
G = nn.Sequential(nn.Linear(3, 10), nn.ReLU(), nn.Linear(10, 6))


class PairJudge(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(6, 10), nn.Linear(3, 10)
        self.out = nn.Linear(10, 1)

    def forward(self, x, z):
        joined = torch.relu(self.left(x) + self.right(z))
        return self.out(joined)


J = PairJudge()
opt_eg = torch.optim.Adam(list(E.parameters()) + list(G.parameters()), lr=1e-3)
opt_pairs = torch.optim.Adam(J.parameters(), lr=1e-3)

for turn in range(3):
    x = torch.randn(10, 6).sigmoid()
    z = torch.randn(10, 3)
    z_hat, x_hat = E(x), G(z)
    of_data = J(x, z_hat.detach())
    of_noise = J(x_hat.detach(), z)
    judge_loss = F.softplus(-of_data).mean() + F.softplus(of_noise).mean()
    opt_pairs.zero_grad()
    judge_loss.backward()
    opt_pairs.step()
    of_data, of_noise = J(x, z_hat), J(x_hat, z)
    pair_loss = F.softplus(of_data).mean() + F.softplus(-of_noise).mean()
    opt_eg.zero_grad()
    pair_loss.backward()
    opt_eg.step()
