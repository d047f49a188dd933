"""A small DCGAN on as many ranks as there are; prints the processor's clock after each round."""

from __future__ import annotations

import sys
import time

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel


def nets() -> tuple[nn.Module, nn.Module]:
    generator = nn.Sequential(
        nn.ConvTranspose2d(32, 64, 4, 1, 0), nn.BatchNorm2d(64), nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.BatchNorm2d(16), nn.ReLU(),
        nn.ConvTranspose2d(16, 3, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(3, 16, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(16, 32, 4, 2, 1), nn.BatchNorm2d(32), nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 4, 2, 1), nn.BatchNorm2d(64), nn.LeakyReLU(0.2),
        nn.Conv2d(64, 1, 4, 1, 0), nn.Flatten(),
    )  # fmt: skip
    return generator, discriminator


def main() -> None:
    dist.init_process_group("gloo")
    torch.manual_seed(0)
    net_g, net_d = (DistributedDataParallel(net, broadcast_buffers=False) for net in nets())
    opts = [torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999)) for net in (net_d, net_g)]
    bce, ones, zeros = nn.BCEWithLogitsLoss(), torch.ones(32, 1), torch.zeros(32, 1)
    torch.manual_seed(dist.get_rank())
    for _ in range(int(sys.argv[1])):
        fake = net_g(torch.randn(32, 32, 1, 1))
        opts[0].zero_grad()
        scores = net_d(torch.cat([torch.rand(32, 3, 32, 32) * 2 - 1, fake.detach()]))
        bce(scores, torch.cat([ones, zeros])).backward()
        opts[0].step()
        opts[1].zero_grad()
        bce(net_d(fake), ones).backward()
        opts[1].step()
        print(time.process_time())


if __name__ == "__main__":
    main()
