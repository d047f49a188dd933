"""Everything of torch that is replaced while recording, and put back by one exit stack."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FunctionType, ModuleType
from typing import Any

from torch.utils.hooks import RemovableHandle

_MISSING = object()
_next_of_ours = [2**40]


@contextmanager
def own_hook_ids() -> Iterator[None]:
    """Number our hooks apart from the script's, whose numbers show in handles and pickles."""
    users, RemovableHandle.next_id = RemovableHandle.next_id, _next_of_ours[0]
    try:
        yield
    finally:
        _next_of_ours[0], RemovableHandle.next_id = RemovableHandle.next_id, users


@contextmanager
def replaced(owner: Any, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    """Set `owner.name` to `make(original)` and put the original back; nothing if there is none."""
    held = vars(owner).get(name, _MISSING)
    if held is _MISSING:
        yield
        return
    made = make(held)
    if isinstance(made, FunctionType) and callable(held):
        functools.update_wrapper(made, held)  # `inspect.signature` then tells what it told
        if not isinstance(held, FunctionType) and isinstance(owner, ModuleType):
            made.__module__, made.__qualname__ = owner.__name__, name  # as `pickle` looks for it
    setattr(owner, name, made)
    try:
        yield
    finally:
        setattr(owner, name, held)


def enter_all(stack: ExitStack, patches: list[tuple[Any, str, Callable[[Any], Any]]]) -> None:
    for owner, name, make in patches:
        stack.enter_context(replaced(owner, name, make))
