"""LSGAN, the generator first, one function a phase, networks as module globals."""
# discriminators: judge_optimizer

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(1)
LATENT, WIDTH = 3, 12
maker = nn.Sequential(nn.Linear(LATENT, WIDTH), nn.ELU(), nn.Linear(WIDTH, 5))
judge = nn.Sequential(nn.Linear(5, WIDTH), nn.ELU(), nn.Linear(WIDTH, 1))
maker_optimizer = torch.optim.RMSprop(maker.parameters(), lr=1e-3)
judge_optimizer = torch.optim.RMSprop(judge.parameters(), lr=1e-3)


def sample(n):
    return maker(torch.randn(n, LATENT))


def train_maker(n):
    scores = judge(sample(n))
    loss = 0.5 * F.mse_loss(scores, torch.ones(n, 1))
    maker_optimizer.zero_grad()
    loss.backward()
    maker_optimizer.step()
    return loss.item()


def train_judge(real):
    n = len(real)
    with torch.no_grad():
        fake = sample(n)
    on_real = F.mse_loss(judge(real), torch.ones(n, 1))
    on_fake = F.mse_loss(judge(fake), torch.zeros(n, 1))
    loss = 0.5 * (on_real + on_fake)
    judge_optimizer.zero_grad()
    loss.backward()
    judge_optimizer.step()
    return loss.item()


history = []
for _ in range(3):
    batch = torch.randn(8, 5).cumsum(1)
    history.append((train_maker(8), train_judge(batch)))
