"""Prints how much memory the recorder holds after every twenty updates; plainly that is none."""

import copy
import gc
import tracemalloc

import torch
from _gan import D, G, update

OURS = [tracemalloc.Filter(True, "*/gradcheck_gan/*")]


def held():
    gc.collect()
    traces = tracemalloc.take_snapshot().filter_traces(OURS).traces
    return sum(trace.size for trace in traces)


average = copy.deepcopy(G)
gc.collect()
tracemalloc.start()
sizes = [held()]
for turn in range(1, 121):
    update()
    with torch.no_grad():
        for mean, parameter in zip(average.parameters(), G.parameters(), strict=True):
            mean.mul_(0.99).add_(parameter, alpha=0.01)
    if turn % 20 == 0:
        sizes.append(held())
for turn in range(601):
    D(G(torch.randn(8, 2)).round()).mean().item()
    if turn % 200 == 0:
        sizes.append(held())
print(*sizes)
