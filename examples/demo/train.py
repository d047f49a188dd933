"""Paired image translation on drawings made on the fly: line drawings in, coloured shapes out.

The loss falls and the pictures look blurred but reasonable, so nothing seems wrong. One line of the
generator's step is a copy of a line of the discriminator's step, and since then the adversarial
loss trains nothing: only the L1 loss does.

    python examples/demo/train.py [--iterations N]
"""

from __future__ import annotations

import argparse

import torch
from torch import Tensor, nn

SIZE = 16
BATCH = 8
LAMBDA_L1 = 100.0


def draw_pairs(count: int) -> tuple[Tensor, Tensor]:
    """Outlines of filled discs, (N, 1, SIZE, SIZE), and the discs in colour, (N, 3, SIZE, SIZE)."""
    axis = torch.arange(SIZE, dtype=torch.float32)
    centre = torch.rand(count, 2, 1, 1) * SIZE / 2 + SIZE / 4
    radius = torch.rand(count, 1, 1) * SIZE / 8 + SIZE / 8
    distance = torch.hypot(axis[None, :, None] - centre[:, 0], axis[None, None, :] - centre[:, 1])
    disc = torch.sigmoid(4 * (radius - distance)).unsqueeze(1)
    outline = torch.exp(-((distance - radius) ** 2)).unsqueeze(1)
    colour = torch.stack([radius / SIZE * 4, 1 - radius / SIZE * 4, centre[:, 0] / SIZE], dim=1)
    return outline * 2 - 1, disc * colour * 2 - 1


class Generator(nn.Module):
    """An encoder and a decoder with one skip connection between them."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.encode = nn.Sequential(nn.Conv2d(1, width, 4, 2, 1), nn.LeakyReLU(0.2))
        self.middle = nn.Sequential(
            nn.Conv2d(width, width * 2, 4, 2, 1),
            nn.BatchNorm2d(width * 2),
            nn.ReLU(),
            nn.ConvTranspose2d(width * 2, width, 4, 2, 1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )
        self.decode = nn.Sequential(nn.ConvTranspose2d(width * 2, 3, 4, 2, 1), nn.Tanh())

    def forward(self, drawing: Tensor) -> Tensor:
        code = self.encode(drawing)
        return self.decode(torch.cat([code, self.middle(code)], dim=1))


class PatchDiscriminator(nn.Module):
    """Scores every patch of a picture, given the drawing that it was made from."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.score = nn.Sequential(
            nn.Conv2d(1 + 3, width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, width * 2, 4, 2, 1),
            nn.BatchNorm2d(width * 2),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width * 2, 1, 3, 1, 1),
        )

    def forward(self, drawing: Tensor, picture: Tensor) -> Tensor:
        return self.score(torch.cat([drawing, picture], dim=1))


def train(iterations: int) -> None:
    netG, netD = Generator(), PatchDiscriminator()
    optimizerG = torch.optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.999))
    adversarial, reconstruction = nn.BCEWithLogitsLoss(), nn.L1Loss()

    for iteration in range(1, iterations + 1):
        drawing, real = draw_pairs(BATCH)
        fake = netG(drawing)

        optimizerD.zero_grad()
        score_real = netD(drawing, real)
        score_fake = netD(drawing, fake.detach())
        loss_real = adversarial(score_real, torch.ones_like(score_real))
        loss_fake = adversarial(score_fake, torch.zeros_like(score_fake))
        lossD = (loss_real + loss_fake) / 2
        lossD.backward()
        optimizerD.step()

        optimizerG.zero_grad()
        score_fake = netD(drawing, fake.detach())  # expect: GG110
        loss_adv = adversarial(score_fake, torch.ones_like(score_fake))
        loss_l1 = reconstruction(fake, real)
        lossG = loss_adv + LAMBDA_L1 * loss_l1
        lossG.backward()
        optimizerG.step()

        if iteration % 20 == 0:
            print(f"[{iteration}/{iterations}] D {lossD:.3f}  G {loss_adv:.3f}  L1 {loss_l1:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--iterations", type=int, default=200)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    train(arguments.iterations)


if __name__ == "__main__":
    main()
