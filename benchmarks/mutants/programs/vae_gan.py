"""VAE-GAN: the judge's features measure the reconstruction; three players, three optimizers."""
# discriminators: opt["judge"]

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(13)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(8, 12)
        self.mu = nn.Linear(12, 3)
        self.logvar = nn.Linear(12, 3)

    def forward(self, x):
        h = F.relu(self.body(x))
        return self.mu(h), self.logvar(h)


class Judge(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(8, 12)
        self.head = nn.Linear(12, 1)

    def forward(self, x):
        h = F.leaky_relu(self.body(x), 0.2)
        return h, self.head(h)


def reparameterize(mu, logvar):
    return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)


nets = nn.ModuleDict({
    "encoder": Encoder(),
    "decoder": nn.Sequential(nn.Linear(3, 12), nn.ReLU(), nn.Linear(12, 8)),
    "judge": Judge(),
})
opt = {name: torch.optim.Adam(net.parameters(), lr=1e-3) for name, net in nets.items()}
target = {True: torch.ones(6, 1), False: torch.zeros(6, 1)}


def adv(logits, real):
    return F.binary_cross_entropy_with_logits(logits, target[real])


for batch in torch.randn(3, 6, 8):
    mu, logvar = nets["encoder"](batch)
    rebuilt = nets["decoder"](reparameterize(mu, logvar))
    drawn = nets["decoder"](torch.randn(6, 3))

    opt["judge"].zero_grad()
    _, on_real = nets["judge"](batch)
    _, on_rebuilt = nets["judge"](rebuilt.detach())
    _, on_drawn = nets["judge"](drawn.detach())
    (adv(on_real, True) + adv(on_rebuilt, False) + adv(on_drawn, False)).backward()
    opt["judge"].step()

    opt["encoder"].zero_grad()
    opt["decoder"].zero_grad()
    features, on_rebuilt = nets["judge"](rebuilt)
    with torch.no_grad():
        wanted, _ = nets["judge"](batch)
    likeness = F.mse_loss(features, wanted)
    prior = -0.5 * torch.mean(1 + logvar - mu.pow(2) - logvar.exp())
    fooling = adv(on_rebuilt, True) + adv(nets["judge"](drawn)[1], True)
    total = likeness + 0.1 * prior + 0.5 * fooling
    total.backward()
    opt["encoder"].step()
    opt["decoder"].step()
