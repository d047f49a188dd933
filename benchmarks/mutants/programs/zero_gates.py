"""Self-attention and residual branches behind gates that start at zero, losses kept in a dict."""
# discriminators: trainer.opt_d

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(28)


class Attention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        weights = (self.q(x) @ self.k(x).transpose(1, 2) / x.size(-1) ** 0.5).softmax(-1)
        return x + self.gamma * (weights @ self.v(x))


class ReZero(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.layer = nn.Linear(dim, dim)
        self.alpha = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return x + self.alpha * F.gelu(self.layer(x))


class Trainer(nn.Module):
    def __init__(self):
        super().__init__()
        self.g = nn.Sequential(nn.Linear(4, 6), Attention(6), ReZero(6), nn.Linear(6, 3))
        self.d = nn.Sequential(nn.Linear(3, 6), Attention(6), nn.Linear(6, 1))
        self.opt_g = torch.optim.SGD(self.g.parameters(), lr=0.1)
        self.opt_d = torch.optim.SGD(self.d.parameters(), lr=0.1)

    def losses(self, real, z):
        fake = self.g(z)
        yield "d", F.relu(1 - self.d(real)).mean() + F.relu(1 + self.d(fake.detach())).mean()
        yield "g", -self.d(fake).mean()

    def fit(self, rounds):
        for _ in range(rounds):
            for name, loss in self.losses(torch.randn(4, 5, 3), torch.randn(4, 5, 4)):
                optimizer = self.opt_d if name == "d" else self.opt_g
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()


trainer = Trainer()
trainer.fit(4)
