"""Ends by Ctrl-C in the middle of a backward pass."""

import torch
from _gan import D, G, update


def interrupt(gradient):
    raise KeyboardInterrupt


update()
fake = G(torch.randn(3, 2))
fake.register_hook(interrupt)
D(fake).sum().backward()
