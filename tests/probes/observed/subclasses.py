"""Tensor subclasses of the script's own, with functions, dispatch and attributes."""

import torch
from _gan import D, G, update
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

seen = []


class Named(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        seen.append((func.__name__, len(types)))
        result = super().__torch_function__(func, types, args, kwargs or {})
        if isinstance(result, cls):
            result.tag = "made"
        return result


class Wrapped(torch.Tensor):
    @staticmethod
    def __new__(cls, inner):
        made = torch.Tensor._make_wrapper_subclass(
            cls, inner.shape, dtype=inner.dtype, requires_grad=inner.requires_grad
        )
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        seen.append(str(func))

        def opened(x):
            return x.inner if isinstance(x, cls) else x

        def closed(x):
            return cls(x) if isinstance(x, torch.Tensor) else x

        return tree_map(closed, func(*tree_map(opened, args), **tree_map(opened, kwargs or {})))


class Listing(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        seen.append(f"mode {func}")
        return func(*args, **(kwargs or {}))


update()
named = torch.randn(3, 2).as_subclass(Named)
D(named).mean().backward()
wrapped = Wrapped(torch.randn(3, 2))
score = D(wrapped)
score.sum().backward()
kept = torch.nn.Parameter(Wrapped(torch.ones(2, 1)))
optimizer = torch.optim.SGD([kept], lr=0.1)
(wrapped * 1.0 @ kept).sum().backward()
optimizer.step()
print(type(kept.grad), type(score))
with Listing():
    with Listing():
        update()
    D(wrapped).sum().backward()
    print(float(torch.ones(1)))
print(*seen, sep="\n")
del named, wrapped, score, kept, optimizer
