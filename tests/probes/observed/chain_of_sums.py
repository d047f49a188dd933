"""Drops graphs of 20,000 and of 300,000 sums in a row."""

import torch
from _gan import update

start = torch.ones(1, requires_grad=True)
for length in (20_000, 300_000):
    x = start
    for _ in range(length):
        x = x + 1
    if length == 20_000:
        x.backward()
    del x
    print(length, start.grad)
update()
