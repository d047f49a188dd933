"""Autocast to bfloat16 and a gradient scaler for each player, with clipping after unscaling."""
# discriminators: opt_D

import torch
from torch import nn
from torch.amp import GradScaler, autocast

torch.manual_seed(23)
G = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8))
D = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
scaler_G = GradScaler("cpu", init_scale=16.0)
scaler_D = GradScaler("cpu", init_scale=16.0)
bce = nn.BCEWithLogitsLoss()

for it in range(3):
    real = torch.rand(8, 8)
    z = torch.randn(8, 8)
    opt_D.zero_grad(set_to_none=True)
    with autocast("cpu", dtype=torch.bfloat16):
        fake = G(z)
        out_real = D(real)
        out_fake = D(fake.detach())
        loss_D = bce(out_real, torch.ones_like(out_real)) + bce(out_fake, torch.zeros_like(out_fake))
    scaler_D.scale(loss_D).backward()
    scaler_D.unscale_(opt_D)
    nn.utils.clip_grad_norm_(D.parameters(), 5.0)
    scaler_D.step(opt_D)
    scaler_D.update()

    opt_G.zero_grad(set_to_none=True)
    with autocast("cpu", dtype=torch.bfloat16):
        out = D(fake)
        loss_G = bce(out, torch.ones_like(out))
    scaler_G.scale(loss_G).backward()
    scaler_G.step(opt_G)
    scaler_G.update()
