"""Checkpoints of both kinds, hooks on saved tensors, and other parts of torch.autograd.graph."""

import torch
from _gan import D, G, update
from torch.autograd import graph
from torch.utils.checkpoint import checkpoint, checkpoint_sequential

seen = []


def counted(tensor):
    seen.append(tuple(tensor.shape))
    return tensor


noise = torch.randn(4, 2, requires_grad=True)
for reentrant in (True, False):
    checkpoint(D, checkpoint(G, noise, use_reentrant=reentrant), use_reentrant=reentrant).sum().backward()
    print(reentrant, noise.grad, [p.grad.sum() for p in G.parameters()])
    checkpoint_sequential(D, 2, G(noise), use_reentrant=reentrant).sum().backward()
    update()
with graph.saved_tensors_hooks(counted, counted):
    D(G(noise)).sum().backward()
with graph.save_on_cpu():
    score = D(noise)
score.sum().backward()
hidden = G[0](noise)
graph.register_multi_grad_hook((hidden, noise), lambda grads: seen.append([g is None for g in grads]))
edge = graph.get_gradient_edge(hidden)
loss = D(hidden @ torch.ones(4, 2)).sum()
print(torch.autograd.grad(loss, edge, retain_graph=True)[0].shape, loss.grad_fn.name(), edge.output_nr)
print(loss.grad_fn.next_functions[0][0].name(), loss.grad_fn._saved_self_sym_sizes, loss.grad_fn.metadata)
loss.backward()
with graph.allow_mutation_on_saved_tensors():
    x = torch.ones(2, requires_grad=True)
    y = x.clone()
    z = (y * y).sum()
    y.add_(1)
    z.backward()
print(x.grad, seen)
update()
