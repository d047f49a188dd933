"""Progressive growing: a second stage fades in; optimizers are made anew for each stage."""
# discriminators: opt_d

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(20)


class Grower(nn.Module):
    def __init__(self):
        super().__init__()
        self.start = nn.Linear(4, 8 * 4)
        self.stages = nn.ModuleList([nn.Conv1d(8, 8, 3, padding=1), nn.Conv1d(8, 8, 3, padding=1)])
        self.outs = nn.ModuleList([nn.Conv1d(8, 1, 1), nn.Conv1d(8, 1, 1)])

    def forward(self, z, depth, fade):
        x = self.start(z).view(-1, 8, 4)
        x = F.leaky_relu(self.stages[0](x), 0.2)
        out = self.outs[0](x)
        if depth == 1:
            wide = F.interpolate(x, scale_factor=2)
            x = F.leaky_relu(self.stages[1](wide), 0.2)
            out = (1 - fade) * F.interpolate(out, scale_factor=2) + fade * self.outs[1](x)
        return out


class Shrinker(nn.Module):
    def __init__(self):
        super().__init__()
        self.ins = nn.ModuleList([nn.Conv1d(1, 8, 3, padding=1), nn.Conv1d(1, 8, 3, padding=1)])
        self.end = nn.Linear(8 * 4, 1)

    def forward(self, x, depth, fade):
        small = F.avg_pool1d(x, 2) if depth == 1 else x
        h = F.leaky_relu(self.ins[0](small), 0.2)
        if depth == 1:
            fine = F.avg_pool1d(F.leaky_relu(self.ins[1](x), 0.2), 2)
            h = (1 - fade) * h + fade * fine
        return self.end(h.flatten(1))


def parts(net, depth):
    kept = [p for n, p in net.named_parameters() if depth == 1 or ".1." not in n]
    return kept


def train(depth, rounds):
    opt_g = torch.optim.Adam(parts(G, depth), lr=1e-3)
    opt_d = torch.optim.Adam(parts(D, depth), lr=1e-3)
    for i in range(rounds):
        fade = (i + 1) / (rounds + 1)
        real = torch.randn(4, 1, 4 * 2 ** depth).cumsum(-1)
        z = torch.randn(4, 4)
        fake = G(z, depth, fade)
        opt_d.zero_grad()
        loss_d = F.relu(1 - D(real, depth, fade)).mean() + F.relu(1 + D(fake.detach(), depth, fade)).mean()
        loss_d.backward()
        opt_d.step()
        opt_g.zero_grad()
        loss_g = -D(fake, depth, fade).mean()
        loss_g.backward()
        opt_g.step()


G, D = Grower(), Shrinker()
train(1, 4)
