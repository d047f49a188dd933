"""Ends by an error in the middle of a backward pass, inside a checkpoint inside a module."""

import torch
from _gan import D, G, update
from torch.utils.checkpoint import checkpoint


def fail(gradient):
    raise ValueError("in the pass")


update()
fake = checkpoint(G, torch.randn(3, 2, requires_grad=True), use_reentrant=True)
fake.register_hook(fail)
D(fake).sum().backward()
