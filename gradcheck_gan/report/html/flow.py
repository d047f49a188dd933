"""The flow matrix as cells that a page can colour."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck_gan.finding import Report
from gradcheck_gan.report.matrix import Row, table


@dataclass(frozen=True, slots=True)
class Cell:
    """`kind` is flow, cut, zero, mixed or none; `alarming` where a player starves of its own."""

    text: str
    kind: str
    alarming: bool


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    is_term: bool
    cells: tuple[Cell, ...]


def flow_table(report: Report) -> tuple[Line, ...]:
    names = [player.name for player in report.players]
    return tuple(
        Line(row.label.strip(), row.is_term, tuple(_cell(row, name) for name in names))
        for row in table(report)
    )


def _cell(row: Row, player: str) -> Cell:
    text = row.cells.get(player, "-")
    kinds = [kind for kind in ("flow", "cut", "zero") if kind in text]
    kind = kinds[0] if len(kinds) == 1 else "mixed" if kinds else "none"
    return Cell(text, kind, player in row.alarming)
