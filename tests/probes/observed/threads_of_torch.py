"""Runs torch in several threads at once, and forks."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import torch
from _gan import D, G, update

update()


def work(number):
    x = torch.full((2, 2), float(number), requires_grad=True)
    with torch.no_grad():
        y = D(x).sum()
    z = (x**2).sum()
    z.backward()
    return y.item(), x.grad.sum().item(), torch.is_grad_enabled()


with ThreadPoolExecutor(3, "worker") as pool:
    results = sorted(pool.map(work, range(6)))
del pool
print(results, threading.active_count())
print(threading.Thread.run.__qualname__, threading.Thread.start.__qualname__)
if (child := os.fork()) == 0:
    x = torch.ones(1, 2)
    print("child", D(G.eval()(x)).sum().item() != 0, flush=True)
    os._exit(3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
del child
update()
