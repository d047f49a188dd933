"""Where a tensor was probably constructed that no hook saw: `torch.FloatTensor(values)`."""

from __future__ import annotations

import ast
from functools import lru_cache
from types import CodeType

from gradcheck_gan.cells import split
from gradcheck_gan.magics import plain
from gradcheck_gan.recording.frames import read_source

_CONSTRUCTORS = frozenset(
    f"{kind}Tensor"
    for kind in ("Float", "Double", "Half", "BFloat16", "Int", "Long", "Byte", "Bool")
)


def construction_line(code: CodeType) -> int | None:
    """The line of the only legacy constructor call in the file of `code`, if there is just one."""
    return _construction_line(code.co_filename)


@lru_cache(maxsize=64)
def _construction_line(filename: str) -> int | None:
    try:
        source = "\n".join(read_source(filename))
        tree = ast.parse(source if split(filename)[1] is None else plain(source))
    except (SyntaxError, ValueError, RecursionError):
        return None
    lines = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, (ast.Attribute, ast.Name))
        and _name(node.func) in _CONSTRUCTORS
        and node.args
        and not isinstance(node.args[0], ast.Constant)
    ]
    return lines[0] if len(lines) == 1 else None


def _name(function: ast.Attribute | ast.Name) -> str:
    return function.attr if isinstance(function, ast.Attribute) else function.id
