"""InfoGAN: a third, joint optimizer trains generator and code head on the information term."""
# discriminators: optimizer_D

import itertools

import torch
import torch.nn as nn

torch.manual_seed(10)
code_dim, noise_dim = 2, 4
generator = nn.Sequential(nn.Linear(noise_dim + code_dim, 12), nn.ReLU(), nn.Linear(12, 5))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(5, 12), nn.LeakyReLU(0.2))
        self.adv = nn.Linear(12, 1)
        self.latent = nn.Linear(12, code_dim)

    def forward(self, x):
        out = self.shared(x)
        return self.adv(out), self.latent(out)


discriminator = Discriminator()
mse = nn.MSELoss()
optimizer_G = torch.optim.Adam(generator.parameters(), lr=1e-3)
optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=1e-3)
optimizer_info = torch.optim.Adam(itertools.chain(generator.parameters(), discriminator.parameters()), lr=1e-3)
valid, fake = torch.ones(8, 1), torch.zeros(8, 1)

for i in range(3):
    real = torch.randn(8, 5) * 0.3
    optimizer_G.zero_grad()
    code = torch.rand(8, code_dim) * 2 - 1
    gen = generator(torch.cat([torch.randn(8, noise_dim), code], 1))
    validity, _ = discriminator(gen)
    g_loss = mse(validity, valid)
    g_loss.backward()
    optimizer_G.step()

    optimizer_D.zero_grad()
    real_pred, _ = discriminator(real)
    fake_pred, _ = discriminator(gen.detach())
    d_loss = 0.5 * (mse(real_pred, valid) + mse(fake_pred, fake))
    d_loss.backward()
    optimizer_D.step()

    optimizer_info.zero_grad()
    code = torch.rand(8, code_dim) * 2 - 1
    gen = generator(torch.cat([torch.randn(8, noise_dim), code], 1))
    _, guess = discriminator(gen)
    info_loss = mse(guess, code)
    info_loss.backward()
    optimizer_info.step()
