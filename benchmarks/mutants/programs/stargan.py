"""A StarGAN of vectors: one translator for three domains, WGAN-GP judge with a class head."""
# discriminators: self.d_optimizer

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(16)


class Translator(nn.Module):
    def __init__(self, c_dim):
        super().__init__()
        self.main = nn.Sequential(nn.Linear(6 + c_dim, 16), nn.ReLU(), nn.Linear(16, 6))

    def forward(self, x, c):
        return self.main(torch.cat([x, c], dim=1))


class Judge(nn.Module):
    def __init__(self, c_dim):
        super().__init__()
        self.main = nn.Sequential(nn.Linear(6, 16), nn.LeakyReLU(0.01))
        self.src = nn.Linear(16, 1)
        self.cls = nn.Linear(16, c_dim)

    def forward(self, x):
        h = self.main(x)
        return self.src(h), self.cls(h)


class Solver:
    def __init__(self, c_dim=3):
        self.c_dim = c_dim
        self.G, self.D = Translator(c_dim), Judge(c_dim)
        self.g_optimizer = torch.optim.Adam(self.G.parameters(), 1e-3, [0.5, 0.999])
        self.d_optimizer = torch.optim.Adam(self.D.parameters(), 1e-3, [0.5, 0.999])

    def reset_grad(self):
        self.g_optimizer.zero_grad()
        self.d_optimizer.zero_grad()

    def gradient_penalty(self, y, x):
        dydx = torch.autograd.grad(outputs=y, inputs=x, grad_outputs=torch.ones_like(y), retain_graph=True, create_graph=True)[0]
        return torch.mean((torch.sqrt(torch.sum(dydx ** 2, dim=1)) - 1) ** 2)

    def train(self, rounds):
        for i in range(rounds):
            x_real = torch.randn(8, 6)
            label_org = torch.randint(self.c_dim, (8,))
            label_trg = label_org[torch.randperm(8)]
            c_org = F.one_hot(label_org, self.c_dim).float()
            c_trg = F.one_hot(label_trg, self.c_dim).float()
            out_src, out_cls = self.D(x_real)
            d_loss_real = -torch.mean(out_src)
            d_loss_cls = F.cross_entropy(out_cls, label_org)
            x_fake = self.G(x_real, c_trg)
            out_src, out_cls = self.D(x_fake.detach())
            d_loss_fake = torch.mean(out_src)
            alpha = torch.rand(8, 1)
            x_hat = (alpha * x_real.data + (1 - alpha) * x_fake.data).requires_grad_(True)
            out_src, _ = self.D(x_hat)
            d_loss_gp = self.gradient_penalty(out_src, x_hat)
            d_loss = d_loss_real + d_loss_fake + 1.0 * d_loss_cls + 10.0 * d_loss_gp
            self.reset_grad()
            d_loss.backward()
            self.d_optimizer.step()
            if (i + 1) % 2 == 0:
                x_fake = self.G(x_real, c_trg)
                out_src, out_cls = self.D(x_fake)
                g_loss_fake = -torch.mean(out_src)
                g_loss_cls = F.cross_entropy(out_cls, label_trg)
                x_rec = self.G(x_fake, c_org)
                g_loss_rec = torch.mean(torch.abs(x_real - x_rec))
                g_loss = g_loss_fake + 10.0 * g_loss_rec + 1.0 * g_loss_cls
                self.reset_grad()
                g_loss.backward()
                self.g_optimizer.step()


Solver().train(6)
