"""Hooks of the script's own, where a recorder may have hooks as well."""

import torch
from _gan import D, G, optG, update
from torch.optim.optimizer import register_optimizer_step_pre_hook

seen = []
weight = G[0].weight
accumulated = weight.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.sum().item()))
scaled = weight.register_hook(lambda g: g * 2)
stepped = optG.register_step_post_hook(lambda *_: seen.append("step"))
called = register_optimizer_step_pre_hook(lambda o, *_: seen.append(type(o).__name__))
update()
for handle in (accumulated, scaled, stepped, called):
    handle.remove()
update()
fake = G(torch.randn(4, 2))
fake.register_hook(lambda g: seen.append(g.abs().sum().item()))
fake.grad_fn.register_hook(lambda i, o: seen.append(len(i)))
D(fake).mean().backward()
print(seen)
