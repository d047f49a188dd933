"""AC-GAN: one trunk, two heads, both players also pay for the class."""
# discriminators: opt_dis

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.nn.functional import cross_entropy

torch.manual_seed(9)
CLASSES = 4


class Judge(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(6, 16), nn.SiLU())
        self.source = nn.Linear(16, 1)
        self.kind = nn.Linear(16, CLASSES)

    def forward(self, x):
        features = self.trunk(x)
        return self.source(features), self.kind(features)


class Maker(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(CLASSES, 5)
        self.body = nn.Sequential(nn.Linear(5, 16), nn.SiLU(), nn.Linear(16, 6))

    def forward(self, z, kinds):
        return self.body(z * self.embed(kinds))


maker, judge = Maker(), Judge()
opt_gen = torch.optim.AdamW(maker.parameters(), lr=1e-3)
opt_dis = torch.optim.AdamW(judge.parameters(), lr=1e-3)
centers = torch.randn(CLASSES, 6)

for step in range(3):
    kinds = torch.randint(CLASSES, (16,))
    real = centers[kinds] + 0.1 * torch.randn(16, 6)
    fake = maker(torch.randn(16, 5), kinds)

    opt_dis.zero_grad()
    source_real, kind_real = judge(real)
    source_fake, kind_fake = judge(fake.detach())
    loss_d = bce(source_real, torch.ones(16, 1)) + bce(source_fake, torch.zeros(16, 1))
    loss_d = loss_d + cross_entropy(kind_real, kinds) + cross_entropy(kind_fake, kinds)
    loss_d.backward()
    opt_dis.step()

    opt_gen.zero_grad()
    source, kind = judge(fake)
    loss_g = bce(source, torch.ones(16, 1)) + cross_entropy(kind, kinds)
    loss_g.backward()
    opt_gen.step()
