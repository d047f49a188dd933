"""Everything of torch that is replaced while recording, and put back by one exit stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

_MISSING = object()


@contextmanager
def replaced(owner: Any, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    """Set `owner.name` to `make(original)` and put the original back; nothing if there is none."""
    held = vars(owner).get(name, _MISSING)
    if held is _MISSING:
        yield
        return
    setattr(owner, name, make(held))
    try:
        yield
    finally:
        setattr(owner, name, held)


def enter_all(stack: ExitStack, patches: list[tuple[Any, str, Callable[[Any], Any]]]) -> None:
    for owner, name, make in patches:
        stack.enter_context(replaced(owner, name, make))
