"""Players, optimizers, leaves and arrays die when the function that made them returns."""

import numpy
import torch
from _lifetimes import know, report
from torch import nn


def adversaries():
    g, d = nn.Linear(2, 2), nn.Linear(2, 1)
    opt_g, opt_d = torch.optim.SGD(g.parameters(), lr=0.1), torch.optim.Adam(d.parameters())
    d(g(torch.randn(3, 2)).detach()).sum().backward()
    opt_d.step()
    d(g(torch.randn(3, 2))).sum().backward()
    opt_g.step()
    know(g=g, d=d, opt_g=opt_g, opt_d=opt_d, weight=g.weight, gradient=d.weight.grad)


def leaves():
    leaf = torch.randn(2, 2, requires_grad=True)
    product = (leaf * 2).round()
    product.sum().backward()
    leaf.data = torch.ones(2, 2)
    with torch.no_grad():
        leaf.add_(1)
    know(leaf=leaf, product=product, deposit=leaf.grad)


def arrays():
    tensor = torch.randn(2, 2)
    array = tensor.numpy()
    back, copied = torch.from_numpy(array), torch.Tensor(tensor.tolist())
    variable, view = torch.autograd.Variable(tensor), tensor[0]
    view.zero_()
    know(tensor=tensor, array=array, back=back, copied=copied, variable=variable, view=view)
    know(other=torch.as_tensor(numpy.ones(2)))


def functions():
    class Rounding(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, kept):
            ctx.kept = kept
            return x.round()

        @staticmethod
        def backward(ctx, gradient):
            return gradient, None

    kept, x = torch.ones(1), torch.randn(2, requires_grad=True)
    rounded = Rounding.apply(x, kept)
    rounded.sum().backward()
    know(kept=kept, x=x, rounded=rounded)


for program in (adversaries, leaves, arrays, functions, adversaries):
    program()
    report(program.__name__)
