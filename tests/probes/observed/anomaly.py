"""Anomaly detection prints where the failing operation was called."""

import torch
from _gan import G, update

torch.autograd.set_detect_anomaly(True)


def loss(fake):
    return torch.nn.functional.softplus(torch.sqrt(fake * 0)).sum() * 0 / 0


update()
try:
    loss(G(torch.randn(3, 2))).backward()
except RuntimeError as error:
    print(error)
