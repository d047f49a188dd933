"""The `--setup` of every program: habits of old torch, and names that a script forgot to define.

It is run by path, under the ledger and under the tool alike; RUN_SHIMS says which are wanted.
"""

from __future__ import annotations

import builtins
import os
from types import SimpleNamespace
from typing import Any

import torch


def as_torch_0_3() -> None:
    """`loss.data[0]`, `iterator.next()`, `torch.full` of an int, `yaml.load` without a loader."""
    from torch.utils.data import dataloader

    item, full = torch.Tensor.__getitem__, torch.full

    def getitem(self: Any, index: Any) -> Any:
        first = isinstance(index, int) and index == 0
        return self if first and self.dim() == 0 else item(self, index)

    def filled(size: Any, value: Any, **options: Any) -> Any:
        value = float(value) if isinstance(value, int) and "dtype" not in options else value
        return full(size, value, **options)

    def l1(size_average: bool = True) -> Any:
        return torch.nn.functional.l1_loss

    patched: Any = torch
    patched.Tensor.__getitem__, patched.full = getitem, filled
    patched.nn.Module._backend = SimpleNamespace(L1Loss=l1)
    iterator: Any = dataloader._BaseDataLoaderIter
    iterator.next = iterator.__next__
    _yaml_without_loader()


def _yaml_without_loader() -> None:
    try:
        import yaml
    except ImportError:
        return
    load = yaml.load
    yaml.load = lambda stream, Loader=yaml.SafeLoader: load(stream, Loader)  # noqa: N803


def forgotten(name: str) -> None:
    """A name that the script uses and never defines."""
    given: Any = {"in_channels": 3, "weights_init_normal": lambda module: None}.get(name)
    if name.startswith("mnist_loader"):
        from torch.utils.data import DataLoader
        from torchvision import datasets, transforms

        name, size = name.split("=")
        steps = [transforms.Resize(int(size)), transforms.ToTensor()]
        steps.append(transforms.Normalize([0.5], [0.5]))
        given = DataLoader(datasets.MNIST("", transform=transforms.Compose(steps)), batch_size=4)
    setattr(builtins, name, given)


for _shim in os.environ.get("RUN_SHIMS", "").split():
    if _shim == "old":
        as_torch_0_3()
    else:
        forgotten(_shim)
