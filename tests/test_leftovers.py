"""The check that runs around every test sees what it is there to see."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from types import FunctionType
from typing import Any
from unittest import mock

import pytest
import torch
from conftest import leftovers
from torch.overrides import TorchFunctionMode


class Mode(TorchFunctionMode):
    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return func(*args, **(kwargs or {}))


def ours(original: Callable[..., Any]) -> Callable[..., Any]:
    """A wrapper as the package would write one, disguised as the original."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return original(*args, **kwargs)

    in_package = FunctionType(
        wrapper.__code__,
        {"__name__": "gradcheck_gan.recording.patches"},
        closure=wrapper.__closure__,
    )
    return wraps(original)(in_package)


@contextmanager
def step_hook() -> Iterator[None]:
    optimizer: Any = sys.modules["torch.optim.optimizer"]
    handle = optimizer.register_optimizer_step_pre_hook(lambda *_: None)
    yield
    handle.remove()


@pytest.mark.parametrize(
    ("left", "message"),
    [
        (Mode(), "function mode"),
        (step_hook(), "_global_optimizer_pre_hooks"),
        (mock.patch.object(warnings, "_showwarnmsg", print), "_showwarnmsg"),
        (mock.patch.object(torch, "from_numpy", print), "from_numpy is not the original"),
        (mock.patch.object(torch.nn.Module, "__call__", print), "Module.__call__ is not"),
        (mock.patch.object(torch.autograd, "backward", print), "backward is not the original"),
        (
            mock.patch.object(torch.nn.functional, "relu", ours(torch.nn.functional.relu)),
            "functional.relu is ours",
        ),
        (
            mock.patch.object(torch.Tensor, "data", property(ours(torch.Tensor.clone))),
            "Tensor.data is ours",
        ),
    ],
)
def test_leftover_is_seen(left: AbstractContextManager[object], message: str) -> None:
    assert leftovers() == []
    with left:
        assert message in "; ".join(leftovers())
    assert leftovers() == []
