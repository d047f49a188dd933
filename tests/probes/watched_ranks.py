"""Two processes train one GAN, each watching itself."""

import os

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from gradcheck_gan import watch

distributed.init_process_group("gloo")
rank = distributed.get_rank()
torch.manual_seed(0)
netG = DistributedDataParallel(nn.Linear(4, 2))
netD = DistributedDataParallel(nn.Linear(2, 1))
optG = torch.optim.SGD(netG.parameters(), 0.01)
optD = torch.optim.SGD(netD.parameters(), 0.01)
bce = nn.BCEWithLogitsLoss()
ones, zeros = torch.ones(4, 1), torch.zeros(4, 1)
found = []
torch.manual_seed(rank)

with watch(every=20, on_finding=found.append) as watcher:
    for _ in range(30):
        fake = netG(torch.randn(4, 4))
        optD.zero_grad()
        (bce(netD(torch.randn(4, 2)), ones) + bce(netD(fake.detach()), zeros)).backward()
        optD.step()
        optG.zero_grad()
        if os.environ.get("BROKEN"):
            fake = netG(torch.randn(4, 4)).round()
        bce(netD(fake), ones).backward()
        optG.step()

rounds = watcher.report().outcome.rounds
with open(f"rank{rank}.txt", "w") as file:
    print(rounds, *[finding.code for finding in found], file=file)
distributed.destroy_process_group()
# With or without us, gloo sometimes aborts while python takes itself down.
os._exit(0)
