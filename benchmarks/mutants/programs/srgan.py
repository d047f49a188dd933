"""Super-resolution with a frozen perceptual net, content and adversarial terms, typed functions."""
# discriminators: disc_opt

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

torch.manual_seed(17)


class Upscaler(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Conv2d(1, 8, 3, padding=1)
        self.block = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.PReLU())
        self.tail = nn.Sequential(nn.Conv2d(8, 4, 3, padding=1), nn.PixelShuffle(2))

    def forward(self, low: Tensor) -> Tensor:
        h = self.head(low)
        h = h + self.block(h)
        return self.tail(h)


def make_judge() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 6, 3, 2, 1), nn.LeakyReLU(0.2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 1))


perceptual = nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 6, 3, padding=1)).eval()
for weight in perceptual.parameters():
    weight.requires_grad = False
upscaler, judge = Upscaler(), make_judge()
up_opt = torch.optim.Adam(upscaler.parameters(), 1e-4)
disc_opt = torch.optim.Adam(judge.parameters(), 1e-4)


def judge_step(high: Tensor, low: Tensor) -> float:
    disc_opt.zero_grad()
    fake = upscaler(low).detach()
    loss = F.softplus(-judge(high)).mean() + F.softplus(judge(fake)).mean()
    loss.backward()
    disc_opt.step()
    return float(loss)


def upscaler_step(high: Tensor, low: Tensor) -> float:
    up_opt.zero_grad()
    sr = upscaler(low)
    content = F.mse_loss(perceptual(sr), perceptual(high))
    adversarial = F.softplus(-judge(sr)).mean()
    pixel = F.l1_loss(sr, high)
    loss = content + 1e-3 * adversarial + 1e-2 * pixel
    loss.backward()
    up_opt.step()
    return float(loss)


for _ in range(3):
    picture = torch.rand(3, 1, 8, 8)
    small = F.avg_pool2d(picture, 2)
    judge_step(picture, small)
    upscaler_step(picture, small)
