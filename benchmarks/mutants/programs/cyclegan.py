"""CycleGAN with a pool of old samples, one optimizer for both directions, one a judge."""
# discriminators: optimizer_D_A optimizer_D_B

import itertools
import random

import torch
import torch.nn as nn

torch.manual_seed(14)
random.seed(14)


class ReplayBuffer:
    def __init__(self, size=16):
        self.size, self.data = size, []

    def push_and_pop(self, batch):
        out = []
        for element in batch.data:
            element = element.unsqueeze(0)
            if len(self.data) < self.size:
                self.data.append(element)
                out.append(element)
            elif random.random() > 0.5:
                i = random.randrange(self.size)
                out.append(self.data[i].clone())
                self.data[i] = element
            else:
                out.append(element)
        return torch.cat(out)


def translator():
    return nn.Sequential(nn.Linear(4, 10), nn.InstanceNorm1d(10), nn.ReLU(), nn.Linear(10, 4))


def judge():
    return nn.Sequential(nn.Linear(4, 10), nn.LeakyReLU(0.2), nn.Linear(10, 1))


G_AB, G_BA, D_A, D_B = translator(), translator(), judge(), judge()
criterion_GAN = nn.MSELoss()
criterion_cycle = nn.L1Loss()
criterion_identity = nn.L1Loss()
optimizer_G = torch.optim.Adam(itertools.chain(G_AB.parameters(), G_BA.parameters()), lr=2e-3)
optimizer_D_A = torch.optim.Adam(D_A.parameters(), lr=2e-3)
optimizer_D_B = torch.optim.Adam(D_B.parameters(), lr=2e-3)
fake_A_buffer, fake_B_buffer = ReplayBuffer(), ReplayBuffer()
valid, fake = torch.ones(5, 1), torch.zeros(5, 1)

for i in range(3):
    real_A = torch.randn(5, 4)
    real_B = torch.rand(5, 4)
    optimizer_G.zero_grad()
    loss_id_A = criterion_identity(G_BA(real_A), real_A)
    loss_id_B = criterion_identity(G_AB(real_B), real_B)
    loss_identity = (loss_id_A + loss_id_B) / 2
    fake_B = G_AB(real_A)
    loss_GAN_AB = criterion_GAN(D_B(fake_B), valid)
    fake_A = G_BA(real_B)
    loss_GAN_BA = criterion_GAN(D_A(fake_A), valid)
    loss_GAN = (loss_GAN_AB + loss_GAN_BA) / 2
    recov_A = G_BA(fake_B)
    loss_cycle_A = criterion_cycle(recov_A, real_A)
    recov_B = G_AB(fake_A)
    loss_cycle_B = criterion_cycle(recov_B, real_B)
    loss_cycle = (loss_cycle_A + loss_cycle_B) / 2
    loss_G = loss_GAN + 10.0 * loss_cycle + 5.0 * loss_identity
    loss_G.backward()
    optimizer_G.step()

    optimizer_D_A.zero_grad()
    loss_real = criterion_GAN(D_A(real_A), valid)
    fake_A_ = fake_A_buffer.push_and_pop(fake_A)
    loss_fake = criterion_GAN(D_A(fake_A_.detach()), fake)
    loss_D_A = (loss_real + loss_fake) / 2
    loss_D_A.backward()
    optimizer_D_A.step()

    optimizer_D_B.zero_grad()
    loss_real = criterion_GAN(D_B(real_B), valid)
    fake_B_ = fake_B_buffer.push_and_pop(fake_B)
    loss_fake = criterion_GAN(D_B(fake_B_.detach()), fake)
    loss_D_B = (loss_real + loss_fake) / 2
    loss_D_B.backward()
    optimizer_D_B.step()
    print(f"[{i}] {loss_D_A.item():.3f} {loss_D_B.item():.3f} {loss_G.item():.3f}")
