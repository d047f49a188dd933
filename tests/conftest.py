"""Holds for every test: the process is as clean after it as it was before."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from types import FunctionType, MethodType
from typing import Any

import pytest

# Tests run side by side on few cores; nets this small gain nothing from a second thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

OURS = "gradcheck_gan"
HOLDERS = (
    "torch",
    "torch.Tensor",
    "torch._C",
    "torch.amp.GradScaler",
    "torch.autograd",
    "torch.autograd.Function",
    "torch.autograd.Variable",
    "torch.autograd.forward_ad",
    "torch.autograd.function",
    "torch.autograd.grad_mode",
    "torch.autograd.grad_mode.inference_mode",
    "torch.autograd.grad_mode.no_grad",
    "torch.autograd.grad_mode.set_grad_enabled",
    "torch.autograd.graph",
    "torch.cuda.amp",
    "torch.func",
    "torch.nn.Module",
    "torch.nn.Parameter",
    "torch.nn.functional",
    "torch.optim.Optimizer",
    "torch.optim.optimizer",
    "torch.overrides",
    "torch.utils.checkpoint",
)
PATCHED = (
    "torch.Tensor.__torch_function__",
    "torch.Tensor.backward",
    "torch.Tensor.requires_grad_",
    "torch.amp.GradScaler.step",
    "torch.autograd.Function.apply",
    "torch.autograd.backward",
    "torch.autograd.grad",
    "torch.autograd.graph._engine_run_backward",
    "torch.from_numpy",
    "torch.nn.Module.__call__",
    "torch.nn.Module._call_impl",
    "torch.optim.Optimizer.__init__",
    "torch.optim.Optimizer.step",
    "torch.optim.Optimizer.zero_grad",
    "torch.tensor",
    "torch.utils.checkpoint.checkpoint",
)
HOOKS = (
    "torch.optim.optimizer._global_optimizer_pre_hooks",
    "torch.optim.optimizer._global_optimizer_post_hooks",
    "torch.nn.modules.module._global_backward_hooks",
    "torch.nn.modules.module._global_backward_pre_hooks",
    "torch.nn.modules.module._global_forward_hooks",
    "torch.nn.modules.module._global_forward_pre_hooks",
    "torch.nn.modules.module._global_module_registration_hooks",
    "torch.nn.modules.module._global_parameter_registration_hooks",
)
MISSING = object()
SHOW_WARNING = getattr(warnings, "_showwarnmsg", None)
originals: dict[str, object] = {}


def resolve(path: str) -> Any:
    """What the dotted name stands for, `MISSING` if its module is not loaded or lacks it."""
    names = path.split(".")
    # By the longest module name: `torch.optim` deletes some of its submodules' names.
    depth = next((n for n in range(len(names), 0, -1) if ".".join(names[:n]) in sys.modules), 0)
    found: Any = sys.modules[".".join(names[:depth])] if depth else MISSING
    for name in names[depth:]:
        if found is MISSING:
            break
        found = static(found, name)
    return found


def static(owner: Any, name: str) -> Any:
    """The attribute as its holder stores it: bound methods are new objects at every look."""
    for base in getattr(owner, "__mro__", (owner,)):
        if name in vars(base):
            return vars(base)[name]
    return MISSING


def is_ours(value: object) -> bool:
    """Whether the code behind a function, method, property or instance is the package's own."""
    if isinstance(value, staticmethod | classmethod | MethodType):
        return is_ours(value.__func__)
    if isinstance(value, property):
        return is_ours(value.fget)
    if isinstance(value, FunctionType):
        home = str(value.__globals__.get("__name__", "")).split(".")[0]
        return home == OURS or any(map(is_instance_of_ours, value.__code__.co_consts))
    return is_instance_of_ours(value)


def is_instance_of_ours(value: object) -> bool:
    return type(value).__module__.split(".")[0] == OURS


def foreign_attributes() -> list[str]:
    """Attributes of torch that lead into the package."""
    holders = ((path, resolve(path)) for path in HOLDERS)
    return [
        f"{path}.{name}"
        for path, holder in holders
        if holder is not MISSING
        for name, value in vars(holder).copy().items()
        if is_ours(value)
    ]


def leftovers() -> list[str]:
    """One line for everything of ours that is still installed in torch or `warnings`."""
    left = []
    if getattr(warnings, "_showwarnmsg", None) is not SHOW_WARNING:
        left.append("warnings._showwarnmsg is not the original")
    torch = sys.modules.get("torch")
    if torch is None:
        return left
    if torch.overrides._get_current_function_mode_stack():
        left.append("a torch function mode is active")
    left += [f"{path} is not empty" for path in HOOKS if resolve(path) not in (MISSING, {})]
    left += [f"{path} is ours" for path in foreign_attributes()]
    for path in PATCHED:
        now = resolve(path)
        if originals.setdefault(path, now) is not now:
            left.append(f"{path} is not the original")
    return left


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """A recording that is not undone would falsify whatever the process does next."""
    before = leftovers()
    assert not before, "before the test: " + "; ".join(before)
    yield
    after = leftovers()
    assert not after, "after the test: " + "; ".join(after)
