"""Cells of notebooks: how they are named as files, and where they stand in theirs."""

from __future__ import annotations

import json
import re

SUFFIX = ".ipynb"
_NAMED = re.compile(rf"(?P<path>.*{re.escape(SUFFIX)}), cell (?P<cell>\d+)", re.DOTALL)


def file_of(path: str, cell: int | None) -> str:
    """What stands for a cell where python asks for a file."""
    return path if cell is None else f"{path}, cell {cell}"


def split(file: str) -> tuple[str, int | None]:
    """The path of a notebook and the number of a cell; any other file has none."""
    found = _NAMED.fullmatch(file)
    return (found["path"], int(found["cell"])) if found else (file, None)


def code_cells(notebook: object) -> list[str]:
    """The source of each cell that would be run; raises `ValueError` for what is no notebook.

    An empty cell is none: the first of the others is what Jupyter calls `[1]` after it has run all.
    """
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise ValueError("it has no list of cells")
    sources = [_source(cell) for cell in cells if _is_code(cell)]
    return [source for source in sources if source.strip()]


def _is_code(cell: object) -> bool:
    if not isinstance(cell, dict):
        raise ValueError("a cell is no object")
    return cell.get("cell_type") == "code"


def _source(cell: dict[str, object]) -> str:
    source = cell.get("source", "")
    lines = source if isinstance(source, list) else [source]
    if not all(isinstance(line, str) for line in lines):
        raise ValueError("the source of a cell is no text")
    return "".join(map(str, lines))


def line_in_file(text: str, cell: int, line: int) -> int:
    """The line of the file that holds a line of a cell; 1 where the file is not laid out so."""
    try:
        wanted = code_cells(json.loads(text))[cell - 1].splitlines(keepends=True)[line - 1]
    except (ValueError, IndexError):
        return 1
    blocks = _blocks(text)
    if len(blocks) < cell:
        return 1
    start, length = blocks[cell - 1]
    rows = text.splitlines()[start : start + length]
    held = [json.loads(row.strip().rstrip(",")) for row in rows]
    return start + line if held[line - 1 : line] == [wanted] else start + 1


def _blocks(text: str) -> list[tuple[int, int]]:
    """For each code cell that is not empty: the first row of its source, from 0, and how many."""
    found, rows = [], text.splitlines()
    kind = ""
    for number, row in enumerate(rows):
        told = re.fullmatch(r'\s*"cell_type": "(\w+)",?', row)
        kind = told[1] if told else kind
        if kind == "code" and re.fullmatch(r'\s*"source": \[', row):
            length = 0
            while number + 1 + length < len(rows) and rows[number + 1 + length].strip()[:1] == '"':
                length += 1
            source = "".join(rows[number + 1 : number + 1 + length])
            if re.search(r'[^\s",\\n]', source.replace("\\n", "")):
                found.append((number + 1, length))
    return found
