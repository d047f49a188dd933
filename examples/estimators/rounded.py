"""A GAN whose discriminator sees whole numbers: the generator's output is rounded."""

from __future__ import annotations

import sys

import torch
from torch import Tensor, nn, optim

from gradcheck_gan.estimators import straight_through

BATCH = 64


def whole_numbers(count: int) -> Tensor:
    """The data: around 6, seldom more than 2 away."""
    return (torch.randn(count, 1) + 6).round()


def distance(made: Tensor) -> float:
    """Between what was made and as much data, in steps of one (Wasserstein-1)."""
    return float((made.sort(0).values - whole_numbers(len(made)).sort(0).values).abs().mean())


def train(steps: int = 300, *, broken: bool = False) -> list[float]:
    """The distance from the data, before the first step and after each."""
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 1))
    critic = nn.Sequential(nn.Linear(1, 32), nn.ReLU(), nn.Linear(32, 1))
    of_generator = optim.Adam(generator.parameters(), lr=5e-3, betas=(0.5, 0.9))
    of_critic = optim.Adam(critic.parameters(), lr=5e-3, betas=(0.5, 0.9))

    def make(count: int = BATCH) -> Tensor:
        exact = generator(torch.randn(count, 4))
        return torch.round(exact) if broken else straight_through(torch.round, exact)

    history = [distance(make(1000).detach())]
    for _ in range(steps):
        of_critic.zero_grad()
        real, fake = critic(whole_numbers(BATCH)), critic(make().detach())
        loss = (1 - real).relu().mean() + (1 + fake).relu().mean() + 0.01 * real.square().mean()
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
    print(f"distance from the data: {distances[0]:.2f} at first, {distances[-1]:.2f} at last")
