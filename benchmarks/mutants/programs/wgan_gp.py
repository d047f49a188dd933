"""WGAN-GP with the penalty in a function of its own and one summed critic loss."""
# discriminators: opt_c

import torch
from torch import autograd, nn

torch.manual_seed(3)


class Critic(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.first = nn.Linear(4, width)
        self.second = nn.Linear(width, width)
        self.head = nn.Linear(width, 1)

    def forward(self, x):
        x = torch.tanh(self.first(x))
        x = torch.tanh(self.second(x))
        return self.head(x).squeeze(1)


def gradient_penalty(critic, real, fake):
    alpha = torch.rand(real.size(0), 1)
    mixed = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    scores = critic(mixed)
    slopes = autograd.grad(scores.sum(), mixed, create_graph=True)[0]
    return ((slopes.norm(2, dim=1) - 1) ** 2).mean()


G = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 4))
C = Critic()
opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.9))
opt_c = torch.optim.Adam(C.parameters(), lr=1e-3, betas=(0.0, 0.9))
LAMBDA = 10.0

for iteration in range(3):
    for _ in range(2):
        real = torch.randn(8, 4).abs()
        fake = G(torch.randn(8, 6)).detach()
        penalty = gradient_penalty(C, real, fake)
        loss = C(fake).mean() - C(real).mean() + LAMBDA * penalty
        opt_c.zero_grad()
        loss.backward()
        opt_c.step()
    opt_g.zero_grad()
    loss = -C(G(torch.randn(8, 6))).mean()
    loss.backward()
    opt_g.step()
