"""The names that the script itself gives to modules, optimizers and tensors."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import FrameType
from typing import Any

import torch

from gradcheck_gan.recording.frames import is_users_file, user_frame
from gradcheck_gan.recording.nodes import WeakTable

_DEPTH = 3
_UNSHARED = 3
"""The references of the frame, the variable and the argument to a frame's dictionary."""
_CONTAINER_LIMIT = 64
_HOLDERS = frozenset({"types", "argparse"})
"""Modules of Python's own whose namespaces hold what a script puts into them."""


class Names:
    """First name found wins: that of the innermost frame at the first step."""

    def __init__(self, is_optimizer: Callable[[object], bool] = lambda thing: False) -> None:
        self._names = WeakTable()
        self._kept = WeakTable()
        self._is_optimizer = is_optimizer
        self._seen: set[int] = set()
        self._in_libraries = False

    def get(self, thing: object) -> str | None:
        name: str | None = self._names.get(thing)
        return name

    def give(self, thing: object, name: str) -> None:
        """A name of ours, for what the script has none for."""
        self._names.set(thing, name)

    def things(self) -> list[Any]:
        return [thing for thing, _ in self._names.items()]

    def modules(self) -> list[torch.nn.Module]:
        """Those that have a name, and the script's own that only a library keeps."""
        things = [thing for table in (self._names, self._kept) for thing, _ in table.items()]
        return [thing for thing in things if isinstance(thing, torch.nn.Module)]

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
        """The script's own objects give better names than what a library keeps of it."""
        for self._in_libraries in (False, True):
            self._seen = set()
            for scope in scopes:
                for name, thing in list(scope.items()):
                    if isinstance(name, str) and not name.startswith("__"):
                        self._look(name, thing, _DEPTH)

    def survey_alone(self, module: torch.nn.Module) -> None:
        """Name the parts of a module that no variable of the script's leads to."""
        self._seen, self._in_libraries = set(), False
        if self._names.get(module) is None and not _is_of_torch(module):
            self._visit_parts("self", module, _DEPTH)

    def _look(self, name: str, thing: Any, depth: int) -> None:
        """A class of the script's may refuse even the simplest question."""
        try:
            self._visit(name, thing, depth)
        except Exception:
            return

    def _visit(self, name: str, thing: Any, depth: int) -> None:
        if isinstance(thing, (torch.nn.Module, torch.optim.Optimizer, torch.Tensor)):
            if self._in_libraries and (_is_users_module(thing) or "._" in name):
                self._kept.set(thing, name)  # where a library keeps it is no name of the script's
            else:
                self._visit_named(name, thing, depth)
        elif isinstance(thing, type) or (callable(thing) and not hasattr(thing, "__dict__")):
            return
        elif (
            self._in_libraries
            or type(thing).__module__ in _HOLDERS
            or not _is_of_library(type(thing).__module__)
        ):
            self._visit_parts(name, thing, depth)

    def _visit_named(self, name: str, thing: Any, depth: int) -> None:
        if name == "self" and isinstance(thing, torch.optim.Optimizer):
            return  # in a method of its own; whoever called that has a name for it
        if self._names.get(thing) is None and not isinstance(thing, torch.nn.ParameterList):
            self._names.set(thing, name)
        if isinstance(thing, torch.nn.Module):
            self._visit_parts(name, thing, depth)
        elif isinstance(thing, torch.optim.Optimizer):
            self._visit_wrapped(name, thing, depth)

    def _visit_wrapped(self, name: str, wrapper: torch.optim.Optimizer, depth: int) -> None:
        """Frameworks give out wrappers: the script's name for one is that of the optimizer in it,
        if the wrapper was never made as an optimizer itself."""
        inner = [part for part in vars(wrapper).values() if isinstance(part, torch.optim.Optimizer)]
        if len(inner) == 1 and depth > 0 and not self._is_optimizer(wrapper):
            self._look(name, inner[0], depth - 1)

    def _visit_parts(self, name: str, thing: Any, depth: int) -> None:
        if depth == 0 or id(thing) in self._seen:
            return
        self._seen.add(id(thing))
        for part_name, part in _parts(name, thing, self._key):
            self._look(part_name, part, depth - 1)

    def _key(self, key: object) -> str:
        """A net may be the key of its optimizer: by its name, since it prints as many lines."""
        if isinstance(key, (torch.nn.Module, torch.Tensor)):
            return self._names.get(key) or type(key).__name__
        return repr(key)


def variables_of(frame: FrameType) -> Mapping[str, Any]:
    """Up to Python 3.12 a function's dictionary stays in its frame, with all that it holds."""
    held = frame.f_locals
    if sys.version_info >= (3, 13) or not frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        return held
    copied = dict(held)
    if sys.getrefcount(held) <= _UNSHARED:
        held.clear()  # nobody has called locals() there and kept what it gave
    return copied


def _parts(name: str, thing: Any, told: Callable[[object], str]) -> Iterator[tuple[str, Any]]:
    if isinstance(thing, (dict, list, tuple)):
        pairs = thing.items() if isinstance(thing, dict) else enumerate(thing)
        for key, part in list(pairs)[:_CONTAINER_LIMIT]:
            yield f"{name}[{told(key)}]", part
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


def _is_users_module(thing: object) -> bool:
    return isinstance(thing, torch.nn.Module) and not _is_of_library(type(thing).__module__)


def _is_of_torch(module: torch.nn.Module) -> bool:
    return type(module).__module__.partition(".")[0] == "torch"


@lru_cache(maxsize=1024)
def _is_of_library(module: str) -> bool:
    file = getattr(sys.modules.get(module), "__file__", None)
    return file is not None and not is_users_file(file)
