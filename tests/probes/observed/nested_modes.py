"""Function modes of the script's own, entered around, inside and across steps and passes."""

import torch
from _gan import D, G, optD, update
from torch.overrides import BaseTorchFunctionMode, TorchFunctionMode
from torch.utils._device import DeviceContext

seen = []


class Listing(TorchFunctionMode):
    def __init__(self, name):
        super().__init__()
        self.name = name

    def __torch_function__(self, func, types, args=(), kwargs=None):
        seen.append((self.name, getattr(func, "__name__", str(func))))
        if func is torch.nn.functional.softplus:
            with self:
                return func(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


one, two = Listing("one"), Listing("two")
with one:
    update()
    with two:
        fake = G(torch.randn(2, 2))
        fake.register_hook(lambda g: g * 2)
        loss = torch.nn.functional.softplus(D(fake)).sum()
    loss.backward()
one.__enter__()
optD.step()
one.__exit__(None, None, None)


def entered(*_):
    two.__enter__()


def left(*_):
    two.__exit__(None, None, None)


before = optD.register_step_pre_hook(entered)
after = optD.register_step_post_hook(left)
update()
before.remove()
after.remove()
fake = G(torch.randn(2, 2))
fake.register_hook(entered)
D(fake).sum().backward()
D(fake.detach())
left()
with torch.device("cpu"), DeviceContext(torch.device("cpu")), BaseTorchFunctionMode():
    update()
with torch._C.DisableTorchFunction():
    update()
with torch._C.DisableTorchFunctionSubclass():
    update()
print(*seen, sep="\n")
torch.set_default_device("cpu")
update()
torch.set_default_device(None)
update()
