"""The `--setup` of every program: habits of old torch, and names that a script forgot to define.

It is run by path, under the ledger and under the tool alike; RUN_SHIMS says which are wanted.
"""

from __future__ import annotations

import builtins
import io
import os
import sys
from types import SimpleNamespace
from typing import Any

import torch


def as_torch_0_3() -> None:
    """`loss.data[0]`, `iterator.next()`, `torch.full` of an int, `yaml.load` without a loader,
    `Normalize` with more means than channels, and Python 2's StringIO."""
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
    sys.modules.setdefault("StringIO", io)
    _yaml_without_loader()
    _normalize_by_channel()


def _yaml_without_loader() -> None:
    try:
        import yaml
    except ImportError:
        return
    load = yaml.load
    yaml.load = lambda stream, Loader=yaml.SafeLoader: load(stream, Loader)  # noqa: N803


def _normalize_by_channel() -> None:
    """Three means for a grey image: torchvision took the first."""
    from torchvision import transforms

    def forward(self: Any, tensor: torch.Tensor) -> torch.Tensor:
        for channel, mean, std in zip(tensor, self.mean, self.std, strict=False):
            channel.sub_(mean).div_(std)
        return tensor

    transforms.Normalize.forward = forward


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
