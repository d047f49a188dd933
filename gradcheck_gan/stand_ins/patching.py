"""Functions of python's that are replaced wherever somebody holds them by name."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

Function = Callable[..., Any]

# The import system reads the disk; what it would find in a scratch folder was never there.
_LEFT_ALONE = ("posix", "nt", "_frozen_importlib", "_frozen_importlib_external", "zipimport")
_OWN = "gradcheck_gan."
_WITH_CLASSES = ("glob", "pathlib", "pathlib._local", "pathlib._os")
"""Modules whose classes keep such functions as attributes."""


def replace_everywhere(pairs: Iterable[tuple[Function, Function]]) -> None:
    made = {id(original): (original, stand_in) for original, stand_in in pairs}
    for original, stand_in in made.values():
        stand_in.__module__ = "io" if original is io.open else "os"  # as `pickle` looks for it
    for name, module in list(sys.modules.items()):
        if isinstance(module, ModuleType) and not name.startswith(_OWN) and name not in _LEFT_ALONE:
            _swap(vars(module), made, module)
    for name in _WITH_CLASSES:
        for kind in list(vars(sys.modules.get(name, io)).values()):
            if isinstance(kind, type) and kind.__module__ == name:
                _swap_class(kind, made)
    for supported in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
        able: set[Any] = supported
        able.update(new for old, new in made.values() if old in able)
    # The one function that walks by descriptors: it sees one of two layers only.
    shutil._use_fd_functions = False  # type: ignore[attr-defined]


def _swap(
    names: Mapping[str, Any], made: Mapping[int, tuple[Function, Function]], owner: Any
) -> None:
    for name, value in list(names.items()):
        known = made.get(id(value))
        if known is not None and known[0] is value:
            setattr(owner, name, known[1])


def _swap_class(kind: type, made: Mapping[int, tuple[Function, Function]]) -> None:
    for name, value in list(vars(kind).items()):
        held = value.__func__ if isinstance(value, staticmethod) else value
        known = made.get(id(held))
        if known is not None and known[0] is held:
            setattr(kind, name, staticmethod(known[1]))
