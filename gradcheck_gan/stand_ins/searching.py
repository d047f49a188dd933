"""Searches by pattern, and questions that a script cannot go on without: asked once more."""

from __future__ import annotations

import ast
import glob
import os
import pathlib
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from types import FrameType
from typing import Any
from unittest.mock import patch

from gradcheck_gan.stand_ins.aside import aside
from gradcheck_gan.stand_ins.asking import is_python
from gradcheck_gan.stand_ins.images import Images

Function = Callable[..., Any]


def enter(stack: ExitStack, images: Images) -> None:
    stack.enter_context(patch.object(glob, "glob", _searching(glob.glob, images)))
    stack.enter_context(patch.object(glob, "iglob", _searching(glob.iglob, images)))
    for name, inner in (("glob", ""), ("rglob", "**/")):
        plain = getattr(pathlib.Path, name)
        stack.enter_context(patch.object(pathlib.Path, name, _of_path(plain, inner, images)))
    for name in ("exists", "isdir", "isfile"):
        plain = getattr(os.path, name)
        stack.enter_context(patch.object(os.path, name, _asking(plain, images)))
    for name in ("exists", "is_dir", "is_file"):
        plain = getattr(pathlib.Path, name)
        stack.enter_context(patch.object(pathlib.Path, name, _asking(plain, images)))


def _searching(plain: Function, images: Images) -> Function:
    def search(pathname: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(pathname, str):
            with aside:
                images.pattern(os.path.join(os.fspath(kwargs.get("root_dir") or ""), pathname))
        return plain(pathname, *args, **kwargs)

    return search


def _of_path(plain: Function, inner: str, images: Images) -> Function:
    def search(self: pathlib.Path, pattern: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
        with aside:
            images.pattern(os.path.join(os.fspath(self), inner, os.fspath(pattern)))
        found: Iterator[Any] = plain(self, pattern, *args, **kwargs)
        return found

    return search


def _asking(plain: Function, images: Images) -> Function:
    def ask(path: Any, *args: Any, **kwargs: Any) -> Any:
        answer = plain(path, *args, **kwargs)
        if answer or aside.depth or not isinstance(path, (str, os.PathLike)):
            return answer
        if _ends_it(sys._getframe(1)):
            with aside:
                images.wanted(os.fspath(path))
            answer = plain(path, *args, **kwargs)
        return answer

    return ask


def _ends_it(frame: FrameType) -> bool:
    """Whether the script asserts that the path is there, or raises or leaves where it is not."""
    file = frame.f_code.co_filename
    return not is_python(file) and frame.f_lineno in _demands(file)


@cache
def _demands(file: str) -> frozenset[int]:
    """The lines of conditions without which a file does not go on."""
    try:
        with aside, open(file, "rb") as source:
            tree = ast.parse(source.read())
    except (OSError, SyntaxError, ValueError):
        return frozenset()
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        elif isinstance(node, ast.If) and _leaves(node.orelse if _is_plain(node) else node.body):
            lines.update(range(node.test.lineno, (node.test.end_lineno or node.lineno) + 1))
    return frozenset(lines)


def _is_plain(node: ast.If) -> bool:
    return not any(isinstance(one, ast.Not) for one in ast.walk(node.test))


def _leaves(body: list[ast.stmt]) -> bool:
    last = body[-1] if body else None
    if isinstance(last, ast.Raise):
        return True
    call = last.value if isinstance(last, ast.Expr) else None
    named = ast.unparse(call.func) if isinstance(call, ast.Call) else ""
    return named in ("exit", "quit", "sys.exit", "os._exit")
