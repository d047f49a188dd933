"""A GAN whose generator chooses, and Python code makes of the choice what is judged."""

from __future__ import annotations

import sys

import torch
from torch import Tensor, nn, optim
from torch.distributions import Categorical

from gradcheck_gan.estimators import score_function_loss

BATCH = 64
WORDS = ["one", "three", "seven", "eleven", "twelve"]
OFTEN = torch.tensor([0.05, 0.1, 0.5, 0.3, 0.05])


def spelled(choices: Tensor) -> Tensor:
    """No tensor operation leads through here: how long a word is, and which letters it has."""
    letters = "ehlnorstvw"
    rows = []
    for choice in choices.tolist():
        word = WORDS[choice]
        rows.append([float(len(word)), *(float(letter in word) for letter in letters)])
    return torch.tensor(rows)


def train(steps: int = 300, *, broken: bool = False) -> list[float]:
    """How much of the probability lies wrong, before the first step and after each."""
    torch.manual_seed(0)
    generator = nn.Linear(1, len(WORDS))
    critic = nn.Sequential(nn.Linear(11, 32), nn.ReLU(), nn.Linear(32, 1))
    of_generator = optim.Adam(generator.parameters(), lr=1e-2, betas=(0.5, 0.9))
    of_critic = optim.Adam(critic.parameters(), lr=3e-3, betas=(0.5, 0.9))
    start = torch.ones(BATCH, 1)

    def distance() -> float:
        return float((generator(start[0]).softmax(0).detach() - OFTEN).abs().sum() / 2)

    history = [distance()]
    for _ in range(steps):
        data = spelled(torch.multinomial(OFTEN, BATCH, replacement=True))
        of_critic.zero_grad()
        with torch.no_grad():
            chosen = Categorical(logits=generator(start)).sample()
        real, fake = critic(data), critic(spelled(chosen))
        loss = (1 - real).relu().mean() + (1 + fake).relu().mean() + 0.01 * real.square().mean()
        loss.backward()
        of_critic.step()

        of_generator.zero_grad()
        policy = Categorical(logits=generator(start))
        chosen = policy.sample()
        score = critic(spelled(chosen)).squeeze(1)
        loss = -score.mean() if broken else score_function_loss(policy.log_prob(chosen), score)
        loss.backward()
        of_generator.step()
        history.append(distance())
    return history


if __name__ == "__main__":
    distances = train(broken="--broken" in sys.argv)
    print(f"probability that lies wrong: {distances[0]:.2f} at first, {distances[-1]:.2f} at last")
