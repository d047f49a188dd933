"""Function transforms: their tensors have no storage and no numbers to look at."""

import torch
from _gan import D, update
from torch.func import functional_call, grad, hessian, jacrev, jvp, vmap

players = dict(D.named_parameters())
x = torch.randn(3, 2)


def score(parameters, sample):
    return functional_call(D, parameters, (sample,)).mean()


def rounded(sample):
    return (torch.round(sample) * torch.tensor(2.0) + sample).relu().sum()


update()
whole = grad(score)(players, x)
each = vmap(grad(score), (None, 0))(players, x)
flat = vmap(grad(rounded))(x)
curve = hessian(lambda z: (z**3).sum())(x[0])
slope = jacrev(torch.tanh)(x[0])
value, tangent = jvp(torch.sin, (x,), (x,))
update()
