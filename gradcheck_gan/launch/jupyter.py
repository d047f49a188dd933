"""What a notebook finds in Jupyter besides python: enough to run on without showing anything."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from types import ModuleType
from typing import Any


class Shell:
    """Stands for the shell of IPython: every call does nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _nothing


class Shown:
    """Stands for whatever would be shown: an image, a widget, a piece of HTML."""

    def __init__(self, *_: Any, **__: Any) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _nothing


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _shell() -> Shell:
    return Shell()


def enter(scope: dict[str, Any]) -> None:
    """Give the names that Jupyter gives; IPython itself, if it is not installed."""
    scope["get_ipython"] = _shell
    scope["display"] = _nothing
    os.environ.setdefault("MPLBACKEND", "Agg")  # as in Jupyter, showing a figure does not wait
    if "IPython" not in sys.modules and find_spec("IPython") is None:
        inner, outer = _Absent("IPython.display"), _Absent("IPython")
        vars(inner).update(display=_nothing, clear_output=_nothing)
        vars(outer).update(display=inner, get_ipython=_shell, __path__=[])
        sys.modules.update({"IPython": outer, "IPython.display": inner})


class _Absent(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Shown
