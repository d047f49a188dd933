"""Copies, pickles and looks at everything that a recorder might have left something on."""

import copy
import io
import pickle
import warnings

import torch
from _gan import D, G, optD, optG, update

leaf = torch.ones(2, requires_grad=True)
parameter = torch.nn.Parameter(torch.ones(2))
for _ in range(2):
    update()
    (parameter * leaf).sum().backward()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net = copy.deepcopy(G)
        loaded = pickle.loads(pickle.dumps(D))
        torch.save(D, io.BytesIO())
        torch.save(optD.state_dict(), io.BytesIO())
        pair = copy.deepcopy([leaf, parameter])
        again = pickle.loads(pickle.dumps([leaf, parameter]))
        optimizer = copy.deepcopy(optD)
        alias = copy.copy(parameter)
    print([str(warning.message) for warning in caught])
    for each in (leaf, parameter, alias, *pair, *again, *G.parameters(), *net.parameters()):
        print(vars(each), each._backward_hooks, each.requires_grad, each._version, each.grad)
    for module in (*G.modules(), *loaded.modules()):
        print(sorted(vars(module)), module._forward_hooks, module._backward_hooks)
    print(sorted(vars(optG)), sorted(vars(optD)), sorted(vars(optimizer)))
