"""Notebooks: their cells as code that plain python can run."""

from __future__ import annotations

import json
import linecache
import os
from collections.abc import Callable
from types import CodeType

from gradcheck_gan.cells import code_cells, file_of
from gradcheck_gan.magics import plain


def read(file: str) -> list[str]:
    """The source of every cell. Raises `ValueError` for what is no notebook, `OSError` as open."""
    with open(file, encoding="utf-8") as stream:
        return code_cells(json.load(stream))


def compiled(file: str, sources: list[str], guard: Callable[..., CodeType]) -> list[CodeType]:
    """The code of each cell; `guard` compiles, and says what is wrong with it."""
    made = []
    for number, source in enumerate(sources, start=1):
        name = file_of(file, number)
        for known in {name, file_of(os.path.realpath(file), number)}:
            lines = source.splitlines(keepends=True)
            linecache.cache[known] = (len(source), None, lines, known)
        made.append(guard(name, plain(source)))
    return made
