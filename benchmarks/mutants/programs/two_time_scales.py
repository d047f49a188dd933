"""TTUR with learning-rate schedules and gradient clipping, config in a namespace."""
# discriminators: optimizer_d

from types import SimpleNamespace

import torch
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR

torch.manual_seed(21)
cfg = SimpleNamespace(z=4, x=3, hidden=16, batch=10, lr_g=1e-4, lr_d=4e-4, max_norm=1.0, rounds=4)


def mlp(i, o):
    layers = [nn.Linear(i, cfg.hidden), nn.LayerNorm(cfg.hidden), nn.Mish(), nn.Linear(cfg.hidden, o)]
    return nn.Sequential(*layers)


net_g, net_d = mlp(cfg.z, cfg.x), mlp(cfg.x, 1)
optimizer_g = torch.optim.Adam(net_g.parameters(), lr=cfg.lr_g, betas=(0.0, 0.9))
optimizer_d = torch.optim.Adam(net_d.parameters(), lr=cfg.lr_d, betas=(0.0, 0.9))
schedules = [ExponentialLR(o, 0.99) for o in (optimizer_g, optimizer_d)]
criterion = nn.BCEWithLogitsLoss()
log = {"d": [], "g": []}

for epoch in range(cfg.rounds):
    x = torch.randn(cfg.batch, cfg.x) @ torch.tensor([[1.0, 0.5, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
    z = torch.randn(cfg.batch, cfg.z)

    logits = net_d(torch.cat([x, net_g(z).detach()]))
    wanted = torch.cat([torch.full((cfg.batch, 1), 0.9), torch.zeros(cfg.batch, 1)])
    loss = criterion(logits, wanted)
    net_d.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net_d.parameters(), cfg.max_norm)
    optimizer_d.step()
    log["d"].append(loss.item())

    logits = net_d(net_g(z))
    loss = criterion(logits, torch.ones(cfg.batch, 1))
    net_g.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net_g.parameters(), cfg.max_norm)
    optimizer_g.step()
    log["g"].append(loss.item())
    for schedule in schedules:
        schedule.step()
