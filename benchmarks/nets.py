"""Small GANs of three shapes; each builder gives one training step."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch import nn

Step = Callable[[], None]


def dcgan() -> Step:
    """Convolutions on 32 x 32 colour images, a batch of 16."""
    generator = nn.Sequential(
        nn.ConvTranspose2d(64, 256, 4),
        *_norm_relu(256),
        nn.ConvTranspose2d(256, 128, 4, 2, 1),
        *_norm_relu(128),
        nn.ConvTranspose2d(128, 64, 4, 2, 1),
        *_norm_relu(64),
        nn.ConvTranspose2d(64, 3, 4, 2, 1),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(3, 64, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 4, 2, 1),
        nn.BatchNorm2d(128),
        nn.LeakyReLU(0.2),
        nn.Conv2d(128, 256, 4, 2, 1),
        nn.BatchNorm2d(256),
        nn.LeakyReLU(0.2),
        nn.Conv2d(256, 1, 4),
        nn.Flatten(),
    )
    return _adversarial(generator, discriminator, (16, 64, 1, 1), (16, 3, 32, 32))


def mlp() -> Step:
    """Three linear layers a side on 28 x 28 grey images, a batch of 64: many short operations."""
    generator = nn.Sequential(
        nn.Linear(64, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 512),
        nn.BatchNorm1d(512),
        nn.LeakyReLU(0.2),
        nn.Linear(512, 784),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Linear(784, 512),
        nn.LeakyReLU(0.2),
        nn.Linear(512, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 1),
    )
    return _adversarial(generator, discriminator, (64, 64), (64, 784))


def cyclegan() -> Step:
    """Two residual generators, two patch discriminators, six loss terms, one 64 x 64 image."""
    to_b, to_a = _translator(), _translator()
    judge_a, judge_b = _patches(), _patches()
    translators = itertools.chain(to_b.parameters(), to_a.parameters())
    optimizer_g = torch.optim.Adam(translators, lr=2e-4, betas=(0.5, 0.999))
    judges = itertools.chain(judge_a.parameters(), judge_b.parameters())
    optimizer_d = torch.optim.Adam(judges, lr=2e-4, betas=(0.5, 0.999))
    adversarial, pixel = nn.MSELoss(), nn.L1Loss()

    def verdict(judged: torch.Tensor, target: float) -> torch.Tensor:
        loss: torch.Tensor = adversarial(judged, torch.full_like(judged, target))
        return loss

    def step() -> None:
        real_a, real_b = torch.randn(1, 3, 64, 64), torch.randn(1, 3, 64, 64)
        optimizer_g.zero_grad()
        fake_b, fake_a = to_b(real_a), to_a(real_b)
        fooling = verdict(judge_b(fake_b), 1.0) + verdict(judge_a(fake_a), 1.0)
        cycle = pixel(to_a(fake_b), real_a) + pixel(to_b(fake_a), real_b)
        identity = pixel(to_b(real_b), real_b) + pixel(to_a(real_a), real_a)
        loss_g = fooling + 10 * cycle + 5 * identity
        loss_g.backward()
        optimizer_g.step()
        optimizer_d.zero_grad()
        loss_a = verdict(judge_a(real_a), 1.0) + verdict(judge_a(fake_a.detach()), 0.0)
        loss_b = verdict(judge_b(real_b), 1.0) + verdict(judge_b(fake_b.detach()), 0.0)
        torch.autograd.backward(0.5 * (loss_a + loss_b))
        optimizer_d.step()

    return step


def _norm_relu(channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.BatchNorm2d(channels), nn.ReLU(inplace=True)


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.InstanceNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        changed: torch.Tensor = self.body(x)
        return x + changed


def _translator() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 32, 7, padding=3),
        nn.InstanceNorm2d(32),
        nn.ReLU(inplace=True),
        nn.Conv2d(32, 64, 3, 2, 1),
        nn.InstanceNorm2d(64),
        nn.ReLU(inplace=True),
        _Residual(64),
        _Residual(64),
        _Residual(64),
        nn.ConvTranspose2d(64, 32, 4, 2, 1),
        nn.InstanceNorm2d(32),
        nn.ReLU(inplace=True),
        nn.Conv2d(32, 3, 7, padding=3),
        nn.Tanh(),
    )


def _patches() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 32, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 4, 2, 1),
        nn.InstanceNorm2d(64),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 1, 4, padding=1),
    )


def _adversarial(
    generator: nn.Module,
    discriminator: nn.Module,
    noise: tuple[int, ...],
    images: tuple[int, ...],
) -> Step:
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=2e-4)
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4)
    criterion = nn.BCEWithLogitsLoss()

    def step() -> None:
        fake = generator(torch.randn(noise))
        optimizer_d.zero_grad()
        on_real = discriminator(torch.randn(images))
        on_fake = discriminator(fake.detach())
        loss_d = criterion(on_real, torch.ones_like(on_real))
        loss_d = loss_d + criterion(on_fake, torch.zeros_like(on_fake))
        loss_d.backward()
        optimizer_d.step()
        optimizer_g.zero_grad()
        fooled = discriminator(fake)
        criterion(fooled, torch.ones_like(fooled)).backward()
        optimizer_g.step()

    return step
