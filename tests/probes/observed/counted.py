"""Counts references, weak references and living tensors, and watches what memory does."""

import gc
import sys
import weakref

import torch
from _gan import D, G, optD, optG, update

update()
died = []
fake = G(torch.randn(4, 2))
weight, module, optimizer = G[0].weight, G[0], optG
for thing in (fake, weight, module, optimizer, G, weight.grad, optD, fake.grad_fn, update):
    print(type(thing).__name__, sys.getrefcount(thing))
weakref.finalize(fake, died.append, "fake")
weakref.finalize(fake.grad_fn, died.append, "node") if fake.grad_fn.__class__.__weakrefoffset__ else None
print(len(gc.get_referrers(fake)), died)
score = D(fake)
del fake
print(died)
score.sum().backward()
del score
print(died)
other = torch.nn.Linear(2, 2)
third = torch.optim.SGD(other.parameters(), lr=1.0)
other(torch.ones(1, 2)).sum().backward()
weakref.finalize(other, died.append, "module")
weakref.finalize(third, died.append, "optimizer")
weakref.finalize(other.weight, died.append, "weight")
weakref.finalize(other.weight.grad, died.append, "gradient")
del other, third
gc.collect()
print(died)
gc.collect()
before = len([thing for thing in gc.get_objects() if isinstance(thing, torch.Tensor)])
update()
gc.collect()
print(len([thing for thing in gc.get_objects() if isinstance(thing, torch.Tensor)]) - before, gc.garbage)
