"""Legacy constructors and subclasses, and what they say of wrong arguments."""

import copy

import numpy
import torch
from _gan import G, update


class Labelled(torch.Tensor):
    def __new__(cls, data, label):
        made = torch.Tensor._make_subclass(cls, data)
        made.label = label
        return made


class Plain(torch.Tensor):
    pass


class Weight(torch.nn.Parameter):
    pass


labelled = Labelled(torch.ones(2), "real")
plain = Plain([1.0, 2.0])
made = [torch.Tensor(2, 0), torch.Tensor([1, 2]), torch.FloatTensor([3.0]), torch.Tensor()]
made += [torch.autograd.Variable(torch.ones(1), requires_grad=True), Weight(torch.ones(1))]
made += [torch.from_numpy(numpy.ones(2)), torch.as_tensor(numpy.ones(2)), copy.deepcopy(made[-1])]
print([type(each) for each in made], labelled.label, plain * 2)
for wrong in (
    lambda: torch.Tensor("x"),
    lambda: torch.Tensor(size=1.5),
    lambda: torch.autograd.Variable(3),
    lambda: torch.from_numpy(3),
    lambda: G(1, 2, 3),
    lambda: torch.optim.SGD([]),
    lambda: torch.optim.SGD(),
    lambda: torch.ones(2) @ torch.ones(3),
):
    try:
        wrong()
    except Exception as error:
        print(type(error), error)
update()
