"""Weights are bare tensors, gradients are cleared by hand, the fakes are a linear map of noise."""
# discriminators: od

import torch

torch.manual_seed(26)
W = torch.randn(2, 3, requires_grad=True)
b = torch.zeros(3, requires_grad=True)
U = torch.randn(3, 8, requires_grad=True)
c = torch.zeros(8, requires_grad=True)
v = (torch.randn(8) * 0.3).requires_grad_()
og = torch.optim.Adam([W, b], lr=1e-2)
od = torch.optim.Adam([U, c, v], lr=1e-2)


def score(x):
    hidden = (x @ U + c).tanh()
    return hidden @ v


for k in range(4):
    real = torch.randn(20, 3) * torch.tensor([1.0, 2.0, 0.5])
    fake = torch.randn(20, 2) @ W + b
    loss_d = (1 - score(real)).clamp(min=0).mean() + (1 + score(fake.detach())).clamp(min=0).mean()
    for p in (U, c, v):
        p.grad = None
    loss_d.backward()
    od.step()
    loss_g = -score(fake).mean()
    for p in (W, b):
        p.grad = None
    loss_g.backward()
    og.step()
