"""Wasserstein GAN with clipped weights and two critic steps a round."""
# discriminators: optim_critic

import torch
from torch import nn, optim

torch.manual_seed(2)
CLIP = 0.05
gen = nn.Sequential(nn.Linear(5, 10), nn.BatchNorm1d(10), nn.ReLU(), nn.Linear(10, 3))
critic = nn.Sequential(nn.Linear(3, 10), nn.LeakyReLU(0.1), nn.Linear(10, 1))
optim_gen = optim.RMSprop(gen.parameters(), lr=5e-4)
optim_critic = optim.RMSprop(critic.parameters(), lr=5e-4)


def main():
    for epoch in range(3):
        for _ in range(2):
            real = torch.randn(12, 3) * 0.5 + 1.0
            z = torch.randn(12, 5)
            optim_critic.zero_grad()
            gap = critic(real).mean() - critic(gen(z).detach()).mean()
            loss_critic = -gap
            loss_critic.backward()
            optim_critic.step()
            for p in critic.parameters(): p.data.clamp_(-CLIP, CLIP)
        optim_gen.zero_grad()
        loss_gen = -critic(gen(torch.randn(12, 5))).mean()
        loss_gen.backward()
        optim_gen.step()


if __name__ == "__main__":
    main()
