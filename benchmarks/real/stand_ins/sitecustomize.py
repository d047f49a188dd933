"""Found by Python at start-up: absent packages become mocks, old torch's habits come back."""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

# They draw, log or convert, and take no part in training.
ABSENT = frozenset("cPickle imageio pandas sklearn StringIO tensorboardX tensorflow visdom".split())


class _Mocks:
    """Last in line, so that a package which is installed is the real one."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        known = name.partition(".")[0] in ABSENT or name == "scipy.misc"
        return ModuleSpec(name, self, is_package=True) if known else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> Any:
        return MagicMock(name=spec.name, __path__=[], __spec__=spec)

    def exec_module(self, module: ModuleType) -> None:
        return None


def _without_cuda() -> None:
    """`.cuda()` where there is no device gives back what it got."""
    import torch

    def unmoved(self: Any, *_: Any, **__: Any) -> Any:
        return self

    patched: Any = torch
    patched.Tensor.cuda = patched.nn.Module.cuda = unmoved
    patched.cuda.FloatTensor = torch.FloatTensor


def _as_torch_0_3() -> None:
    """`loss.data[0]`, `iterator.next()`, `torch.full` of an int, `yaml.load` without a loader."""
    import torch
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
    try:
        import yaml
    except ImportError:
        return
    load = yaml.load
    yaml.load = lambda stream, Loader=yaml.SafeLoader: load(stream, Loader)  # noqa: N803


def _forgotten(name: str) -> None:
    """A name that the script uses and never defines."""
    given: Any = {"in_channels": 3, "weights_init_normal": lambda module: None}.get(name)
    if name.startswith("mnist_loader"):
        from torch.utils.data import DataLoader
        from torchvision import datasets, transforms

        name, size = name.split("=")
        steps = [transforms.Resize(int(size)), transforms.ToTensor()]
        steps.append(transforms.Normalize([0.5], [0.5]))
        given = DataLoader(datasets.MNIST(transform=transforms.Compose(steps)), batch_size=4)
    setattr(builtins, name, given)


def _install(shims: Sequence[str]) -> None:
    sys.meta_path.append(_Mocks())
    for shim in shims:
        if shim == "cuda":
            _without_cuda()
        elif shim == "old":
            _as_torch_0_3()
        else:
            _forgotten(shim)


_install(os.environ.get("STAND_IN_SHIMS", "").split())
