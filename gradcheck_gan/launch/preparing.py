"""Find and compile the program before anything runs; what cannot be run is said here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder, SourcelessFileLoader
from importlib.util import find_spec
from pkgutil import get_importer
from types import CodeType
from typing import Literal

from gradcheck_gan.cells import SUFFIX, file_of, split
from gradcheck_gan.launch import notebooks

_NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)


class UsageError(Exception):
    """The program cannot be run; the message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the user asked to run; a `script` may be a file, a folder or a zip archive."""

    kind: Literal["script", "module"]
    name: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A target that python could run. A file has `code`, a notebook `cells`; folders and modules
    are loaded by runpy. A `function` is called in a program that runs already."""

    target: Target
    start: Literal["file", "folder", "module", "notebook", "function"]
    file: str
    search_entry: str
    code: CodeType | None = None
    cells: tuple[CodeType, ...] = ()
    function: Callable[[], object] | None = None


def prepare(target: Target) -> Prepared:
    """Find and compile the target without running anything of the user's.

    Raises `UsageError` for what is missing or not Python. A package may decide only while it is
    imported which modules it has: `run` raises `UsageError` for those.
    """
    if target.kind == "module":
        return _prepare_module(target)
    # Python joins the two without normalizing, and shows the result in tracebacks.
    file = target.name if os.path.isabs(target.name) else os.path.join(_here(), target.name)
    if file.endswith(SUFFIX) and not os.path.isdir(file):
        return _prepare_notebook(target, file)
    if get_importer(file) is not None:
        return _prepare_folder(target, file)
    code = _compiled(target.name, lambda: _code_of(file))
    return Prepared(target, "file", file, os.path.dirname(os.path.realpath(file)), code)


def _prepare_notebook(target: Target, file: str) -> Prepared:
    def compiled(name: str, source: str) -> CodeType:
        shown = file_of(target.name, split(name)[1])
        code = _compiled(shown, lambda: compile(source, name, "exec", dont_inherit=True))
        assert code is not None
        return code

    try:
        sources = notebooks.read(file)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{target.name} is no notebook ({error}); save it again in Jupyter, or give a script."
        ) from None
    except OSError as error:
        raise UsageError(
            f"{target.name} cannot be read ({error.strerror}); give the path of a notebook."
        ) from None
    cells = notebooks.compiled(file, sources, compiled)
    folder = os.path.dirname(os.path.realpath(file))
    return Prepared(target, "notebook", file, folder, cells=tuple(cells))


def search_path(entry: str) -> list[str]:
    """`sys.path` with the script's first entry in the place of our own."""
    first, *rest = sys.path or [""]
    program = os.path.dirname(os.path.realpath(sys.argv[0])) if sys.argv else ""
    ours = first in ("", _here(), program)
    return [entry, *(rest if ours else sys.path)]


def is_path_safe() -> bool:
    """Whether python was told to put no folder of a script first on the path."""
    return bool(sys.flags.isolated or getattr(sys.flags, "safe_path", False))


def _here() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""


def _code_of(file: str) -> CodeType | None:
    if file.endswith(".pyc"):
        return SourcelessFileLoader("__main__", file).get_code("__main__")
    with open(file, "rb") as source:
        code: CodeType = compile(source.read(), file, "exec", dont_inherit=True)
    return code


def _compiled(name: str, load: Callable[[], CodeType | None]) -> CodeType | None:
    try:
        return load()
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(
            f"{name} does not exist; give the path of a script, of a folder with __main__.py, "
            "or -m MODULE."
        ) from None
    except OSError as error:
        raise UsageError(
            f"{name} cannot be read ({error.strerror}); make it readable or name another script."
        ) from None
    except ImportError as error:
        raise UsageError(f"{name} cannot be loaded ({error}); give its source instead.") from None
    except _NOT_PYTHON as error:
        raise UsageError(_not_python(name, error)) from None


def _not_python(name: str, error: BaseException) -> str:
    syntax = isinstance(error, SyntaxError)
    reason = error.msg if isinstance(error, SyntaxError) else str(error) or type(error).__name__
    line = f", line {error.lineno}," if isinstance(error, SyntaxError) and error.lineno else ""
    version = ".".join(str(number) for number in sys.version_info[:2])
    remedy = "correct that line" if syntax and line else "give the path of a Python script"
    if isinstance(error, SyntaxError) and "async" in (error.text or ""):
        remedy = "write `non_blocking=True` for `async=True`, a keyword since Python 3.7"
    return f"{name}{line} is not valid Python {version} ({reason}); {remedy}."


def _prepare_folder(target: Target, file: str) -> Prepared:
    spec = PathFinder.find_spec("__main__", [file])
    if spec is None or spec.loader is None:
        kind = "folder" if os.path.isdir(file) else "archive"
        raise UsageError(
            f"{target.name or '.'} is a {kind} without __main__.py; name a script in it."
        )
    _compile_spec(os.path.join(target.name, "__main__.py"), spec)
    return Prepared(target, "folder", file, file)


def _prepare_module(target: Target) -> Prepared:
    here = _here()
    with _searching(here):
        spec = _located(target.name)
    if spec is not None:
        _compile_spec(spec.origin or spec.name, spec)
    return Prepared(target, "module", target.name, here)


@contextmanager
def _searching(entry: str) -> Iterator[None]:
    before = sys.path[:]
    if not is_path_safe():
        sys.path[:] = search_path(entry)
    try:
        yield
    finally:
        sys.path[:] = before


def _located(name: str) -> ModuleSpec | None:
    """The module's spec, as far as it can be told without importing its parents."""
    top, *inner = name.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        raise UsageError(
            f"no module named {top!r} can be imported from this folder; check the name after -m, "
            "or start in the folder that holds it."
        )
    for part in inner:
        if spec.submodule_search_locations is None:
            raise UsageError(
                f"{spec.name!r} is a module, not a package, so there is no {name!r} in it; "
                f"give -m {spec.name}."
            )
        found = PathFinder.find_spec(f"{spec.name}.{part}", spec.submodule_search_locations)
        if found is None:
            return None
        spec = found
    if spec.submodule_search_locations is not None:
        return PathFinder.find_spec(f"{spec.name}.__main__", spec.submodule_search_locations)
    return spec


def _compile_spec(name: str, spec: ModuleSpec) -> None:
    get_code = getattr(spec.loader, "get_code", None)
    if get_code is not None:
        _compiled(name, lambda: get_code(spec.name))
