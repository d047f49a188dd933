"""The names that the script itself gives to modules, optimizers and tensors."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

import torch

from gradcheck_gan.recording.frames import user_frame
from gradcheck_gan.recording.nodes import WeakTable

_DEPTH = 3
_UNSHARED = 3
"""The references of the frame, the variable and the argument to a frame's dictionary."""
_CONTAINER_LIMIT = 64


class Names:
    """First name found wins: that of the innermost frame at the first step."""

    def __init__(self) -> None:
        self._names = WeakTable()
        self._seen: set[int] = set()

    def get(self, thing: object) -> str | None:
        name: str | None = self._names.get(thing)
        return name

    def things(self) -> list[Any]:
        return [thing for thing, _ in self._names.items()]

    def survey(self, frame: FrameType | None) -> None:
        """Look through the variables of the user's frames, innermost first, then their globals."""
        scopes: list[Mapping[str, Any]] = []
        found = user_frame(frame)
        while found is not None:
            variables = variables_of(found)
            scopes.append(variables)
            if found.f_globals is not variables:
                scopes.append(found.f_globals)
            found = user_frame(found.f_back)
        self.survey_scopes(scopes)

    def survey_scopes(self, scopes: list[Mapping[str, Any]]) -> None:
        self._seen = set()
        for scope in scopes:
            for name, thing in list(scope.items()):
                if isinstance(name, str) and not name.startswith("__"):
                    self._look(name, thing, _DEPTH)

    def _look(self, name: str, thing: Any, depth: int) -> None:
        """A class of the script's may refuse even the simplest question."""
        try:
            self._visit(name, thing, depth)
        except Exception:
            return

    def _visit(self, name: str, thing: Any, depth: int) -> None:
        if isinstance(thing, (torch.nn.Module, torch.optim.Optimizer, torch.Tensor)):
            if self._names.get(thing) is None and not isinstance(thing, torch.nn.ParameterList):
                self._names.set(thing, name)
            if isinstance(thing, torch.nn.Module):
                self._visit_parts(name, thing, depth)
        elif isinstance(thing, type) or (callable(thing) and not hasattr(thing, "__dict__")):
            return
        else:
            self._visit_parts(name, thing, depth)

    def _visit_parts(self, name: str, thing: Any, depth: int) -> None:
        if depth == 0 or id(thing) in self._seen:
            return
        self._seen.add(id(thing))
        for part_name, part in _parts(name, thing):
            self._look(part_name, part, depth - 1)


def variables_of(frame: FrameType) -> Mapping[str, Any]:
    """Up to Python 3.12 a function's dictionary stays in its frame, with all that it holds."""
    held = frame.f_locals
    if sys.version_info >= (3, 13) or not frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        return held
    copied = dict(held)
    if sys.getrefcount(held) <= _UNSHARED:
        held.clear()  # nobody has called locals() there and kept what it gave
    return copied


def _parts(name: str, thing: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(thing, (dict, list, tuple)):
        pairs = thing.items() if isinstance(thing, dict) else enumerate(thing)
        for key, part in list(pairs)[:_CONTAINER_LIMIT]:
            yield f"{name}[{key!r}]", part
    elif isinstance(thing, torch.nn.Module):
        for key, part in vars(thing).items():
            if isinstance(part, torch.optim.Optimizer):
                yield _join(name, key), part
        for key, child in thing.named_children():
            yield _join(name, key), child
    elif _is_users(thing):
        for key, part in list(vars(thing).items()):
            yield _join(name, key), part


def _join(name: str, attribute: str) -> str:
    return attribute if name in ("self", "cls") else f"{name}.{attribute}"


def _is_users(thing: Any) -> bool:
    """Objects of the user's own classes, not the inner life of libraries."""
    module = type(thing).__module__
    root = module.partition(".")[0]
    known = {"torch", "numpy", "builtins", "collections", "argparse", "types", "logging", "typing"}
    plain = type(thing).__name__ == "SimpleNamespace"
    return (root not in known or plain) and hasattr(thing, "__dict__")
