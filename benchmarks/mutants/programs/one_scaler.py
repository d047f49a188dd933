"""Hinge losses under one gradient scaler for both players, updated once a round."""
# discriminators: dis_opt

import torch
from torch import nn
from torch.nn.functional import relu

torch.manual_seed(31)
gen = nn.Sequential(nn.Linear(6, 12), nn.SiLU(), nn.Linear(12, 5))
dis = nn.Sequential(nn.Linear(5, 12), nn.SiLU(), nn.Linear(12, 1))
gen_opt = torch.optim.SGD(gen.parameters(), lr=0.01)
dis_opt = torch.optim.SGD(dis.parameters(), lr=0.01)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)

for batch in range(3):
    data = torch.randn(7, 5) + 1
    made = gen(torch.randn(7, 6))
    dis_opt.zero_grad()
    loss_dis = relu(1 - dis(data)).mean() + relu(1 + dis(made.detach())).mean()
    scaler.scale(loss_dis).backward()
    scaler.unscale_(dis_opt)
    nn.utils.clip_grad_norm_(dis.parameters(), 2.0)
    scaler.step(dis_opt)

    gen_opt.zero_grad()
    loss_gen = -dis(made).mean()
    scaler.scale(loss_gen).backward()
    scaler.step(gen_opt)
    scaler.update()
