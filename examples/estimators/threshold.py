"""A GAN that makes bits: what the generator puts out is compared with a threshold."""

from __future__ import annotations

import sys

import torch
from torch import Tensor, nn, optim

from gradcheck_gan.estimators import straight_through

BATCH, WIDTH = 64, 8


def stripes(count: int) -> Tensor:
    """The data: eight bits, a run of ones that starts anywhere in the first half."""
    start = torch.randint(0, WIDTH // 2 + 1, (count, 1))
    place = torch.arange(WIDTH)
    return ((place >= start) & (place < start + WIDTH // 2)).float()


def distance(made: Tensor) -> float:
    """Between the frequencies of all pairs of bits in what was made and in the data."""
    data = stripes(len(made))
    pairs = (made.T @ made - data.T @ data) / len(made)
    return float(pairs.abs().mean())


def over_half(chance: Tensor) -> Tensor:
    return (chance > 0.5).float()


def train(steps: int = 300, *, broken: bool = False) -> list[float]:
    """The distance from the data, before the first step and after each."""
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, WIDTH), nn.Sigmoid())
    critic = nn.Sequential(nn.Linear(WIDTH, 64), nn.ReLU(), nn.Linear(64, 1))
    of_generator = optim.Adam(generator.parameters(), lr=3e-3, betas=(0.5, 0.9))
    of_critic = optim.Adam(critic.parameters(), lr=3e-3, betas=(0.5, 0.9))

    def make(count: int = BATCH) -> Tensor:
        chance = generator(torch.randn(count, 8))
        return over_half(chance) if broken else straight_through(over_half, chance)

    history = [distance(make(1000).detach())]
    for _ in range(steps):
        of_critic.zero_grad()
        real, fake = critic(stripes(BATCH)), critic(make().detach())
        loss = (1 - real).relu().mean() + (1 + fake).relu().mean()
        loss.backward()
        of_critic.step()

        of_generator.zero_grad()
        loss = -critic(make()).mean()
        loss.backward()
        of_generator.step()
        history.append(distance(make(1000).detach()))
    return history


if __name__ == "__main__":
    distances = train(broken="--broken" in sys.argv)
    print(f"distance from the data: {distances[0]:.3f} at first, {distances[-1]:.3f} at last")
