"""A dispatch mode, as counters of operations use it, sees the script's operations and no others."""

from _gan import update
from torch.utils._python_dispatch import TorchDispatchMode

names = []


class Listing(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        names.append(str(func))
        return func(*args, **(kwargs or {}))


with Listing():
    update()
print(names)
