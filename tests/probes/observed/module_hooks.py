"""Hooks of every kind run in their order, with the arguments that they get plainly."""

import torch
from _gan import D, G, update
from torch.nn.modules import module

seen = []


def hook(name, result=None):
    def called(*given, **named):
        kinds = [type(one).__name__ for one in given] + sorted(named)
        seen.append((name, kinds))
        return result

    return called


handles = [
    module.register_module_forward_pre_hook(hook("every pre")),
    module.register_module_forward_hook(hook("every")),
    module.register_module_full_backward_hook(hook("every back")),
    module.register_module_full_backward_pre_hook(hook("every back pre")),
    G.register_forward_pre_hook(hook("pre"), with_kwargs=True),
    G.register_forward_hook(hook("forward"), with_kwargs=True, always_call=True),
    G.register_full_backward_hook(hook("back")),
    G.register_full_backward_pre_hook(hook("back pre")),
    G.register_forward_hook(hook("first"), prepend=True),
    G.register_state_dict_pre_hook(hook("state")),
    D[0].weight.register_hook(hook("weight")),
]
update()
fake = G(torch.randn(4, 2))
order = [fake.register_hook(hook(f"tensor {number}")) for number in range(3)]
fake.retain_grad()
fake.grad_fn.register_prehook(hook("node pre"))
fake.grad_fn.register_hook(hook("node"))
order[1].remove()
order.append(fake.register_hook(hook("tensor late")))
D(fake).mean().backward()
try:
    G(torch.ones(7))
except RuntimeError as error:
    print(error)
G.state_dict()
for handle in handles + order:
    handle.remove()
print(*seen, sep="\n")
print(fake.grad, fake._backward_hooks, [handle.id for handle in handles + order])
update()
