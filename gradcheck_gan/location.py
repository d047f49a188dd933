"""A place in source: what every event, value and finding points at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """A place in source; `line` and the columns count from 1, `end_column` is exclusive.

    `path` is relative to the folder where the run was started, with `/`, or absolute outside it.
    In a notebook, `line` counts from the top of the code cell whose number is `cell`.
    """

    path: str
    line: int
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    function: str | None = None
    cell: int | None = None

    @property
    def file(self) -> str:
        """What python reads the source from: a cell of a notebook is a file of its own."""
        return self.path if self.cell is None else f"{self.path}, cell {self.cell}"

    def __str__(self) -> str:
        if self.cell is not None:
            return f"{self.file}, line {self.line}"
        return f"{self.path}:{self.line}"
