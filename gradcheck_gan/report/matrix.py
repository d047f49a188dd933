"""The flow matrix of the text report: backward passes down, players across."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from gradcheck_gan.finding import PassFlow, Reach, Report, TermFlow
from gradcheck_gan.run import Location
from gradcheck_gan.words import counted, listed

KINDS = ("flow", "cut", "zero")
GAP = "  "
NARROWEST_LABEL = 30
Paint = Callable[[str, str], str]
Source = Callable[[Location], str]
Folded = list[tuple[PassFlow, list[int]]]


@dataclass(frozen=True, slots=True)
class Row:
    """A pass or a term of its loss; `alarming` are players that starve of their own pass."""

    label: str
    cells: Mapping[str, str]
    alarming: frozenset[str] = frozenset()
    is_term: bool = False


class _Labels:
    """How the table names its rows: in full, or by line and source where it may show that."""

    def __init__(self, flow: Sequence[PassFlow], source: Source | None) -> None:
        self._source = source
        self._files = sorted({place.file for entry in flow for place in _places(entry)})
        self._rounds = {entry.round for entry in flow}

    @property
    def title(self) -> str:
        """Which rounds and, where it is one, which file all rows are of."""
        of = f", lines of {self._files[0]}" if len(self._files) == 1 else ""
        return f"{_spoken(sorted(self._rounds))}{of}"

    def of_pass(self, entry: PassFlow, rounds: Sequence[int]) -> str:
        called = "backward" if entry.kind == "backward" else "autograd.grad"
        owner = f" for {listed(entry.belongs_to)}" if entry.belongs_to else ""
        every = self._source is not None and self._rounds == set(rounds)
        when = [] if every else [_spoken(rounds)]
        when += [counted(entry.count, "time")] if entry.count > 1 else []
        line = "line " if self._source is not None and len(self._files) == 1 else ""
        seen = f" ({', '.join(when)})" if when else ""
        return f"{line}{self._line(entry.location)} {called}{owner}{seen}"

    def of_terms(self, terms: Sequence[TermFlow]) -> list[str]:
        """Line and source of each, the column where the line is not enough, else a number."""
        if self._source is None:
            return [f"  term of {term.location}" for term in terms]
        lines = Counter(self._line(term.location) for term in terms)
        names: list[str] = []
        labels: list[str] = []
        for term in terms:
            line, column = self._line(term.location), term.location.column
            names.append(f"{line}:{column}" if lines[line] > 1 and column is not None else line)
            count = names.count(names[-1])
            again = f" #{count}" if count > 1 else ""
            labels.append(f"  term {names[-1]}{again}  {self._source(term.location)}".rstrip())
        return labels

    def _line(self, place: Location) -> str:
        if self._source is None:
            return str(place)
        file = "" if len(self._files) == 1 else f"{PurePosixPath(place.file).name}:"
        return f"{file}{place.line}"


def title(report: Report) -> str:
    return _Labels(report.flow, None).title


def matrix(report: Report, width: int, paint: Paint, source: Source) -> list[str]:
    """Lines of the table, in several tables where the players do not fit side by side."""
    players = [player.name for player in report.players]
    rows = table(report, source)
    if not rows or not players:
        return []
    lines: list[str] = []
    for group in _groups(rows, players, width):
        room = max(width - sum(_breadth(rows, player) for player in group), NARROWEST_LABEL)
        drawn = _table(
            [replace(row, label=_cropped(row.label, room)) for row in rows], group, paint
        )
        lines += ["", *drawn] if lines else drawn
    return lines


def table(report: Report, source: Source | None = None) -> list[Row]:
    """All rows; with `source` they show it, and are short enough for a terminal."""
    labels = _Labels(report.flow, source)
    return [row for entry, rounds in _folded(report.flow) for row in _rows(entry, rounds, labels)]


def rows(report: Report) -> list[tuple[str, ...]]:
    """The cells of the table line by line: what ran, then one for each player."""
    names = [player.name for player in report.players]
    return [
        (row.label.strip(), *(row.cells.get(name, "-") for name in names)) for row in table(report)
    ]


def _places(entry: PassFlow) -> list[Location]:
    return [entry.location, *(term.location for term in entry.terms if len(entry.terms) > 1)]


def _cropped(label: str, room: int) -> str:
    return label if len(label) <= room else f"{label[: room - 3].rstrip()}..."


def cell(reach: Reach) -> str:
    """`12 flow`, `10 flow, 2 zero`, or `-` where the pass does not concern the player."""
    numbers = zip((reach.flows, reach.cut, reach.zero), KINDS, strict=True)
    return ", ".join(f"{number} {kind}" for number, kind in numbers if number) or "-"


def _folded(flow: Sequence[PassFlow]) -> Folded:
    """Passes that did the same in several rounds, once, with their rounds."""
    folded: Folded = []
    for entry in flow:
        for known, rounds in folded:
            if _same(known, entry):
                rounds.append(entry.round)
                break
        else:
            folded.append((entry, [entry.round]))
    return folded


def _same(one: PassFlow, other: PassFlow) -> bool:
    return (one.kind, one.location, one.belongs_to, one.reach, one.terms, one.count) == (
        (other.kind, other.location, other.belongs_to, other.reach, other.terms, other.count)
    )


def _rows(entry: PassFlow, rounds: Sequence[int], labels: _Labels) -> list[Row]:
    alarming = frozenset(name for name in entry.belongs_to if _starved(entry.reach.get(name)))
    terms = entry.terms if len(entry.terms) > 1 else ()
    return [
        Row(labels.of_pass(entry, rounds), _cells(entry.reach), alarming),
        *(
            Row(label, _cells(term.reach), is_term=True)
            for label, term in zip(labels.of_terms(terms), terms, strict=True)
        ),
    ]


def _times(count: int) -> str:
    return f", {counted(count, 'time')}" if count > 1 else ""


def _starved(reach: Reach | None) -> bool:
    return reach is not None and not reach.flows and bool(reach.cut or reach.zero)


def _spoken(rounds: Sequence[int]) -> str:
    first, last = min(rounds), max(rounds)
    if first == last:
        return f"round {first}"
    joined = len(set(rounds)) == last - first + 1
    return f"rounds {first}-{last}" if joined else "rounds " + ",".join(map(str, rounds))


def _cells(reach: Mapping[str, Reach]) -> dict[str, str]:
    return {player: cell(counts) for player, counts in reach.items()}


def _groups(rows: Sequence[Row], players: Sequence[str], width: int) -> list[list[str]]:
    room = width - min(NARROWEST_LABEL, max(len(row.label) for row in rows))
    groups: list[list[str]] = [[]]
    for player in players:
        taken = sum(_breadth(rows, other) for other in [*groups[-1], player])
        if groups[-1] and taken > room:
            groups.append([])
        groups[-1].append(player)
    return groups


def _breadth(rows: Sequence[Row], player: str) -> int:
    return len(GAP) + max(len(player), *(len(row.cells.get(player, "-")) for row in rows))


def _table(rows: Sequence[Row], players: Sequence[str], paint: Paint) -> list[str]:
    first = max(len(row.label) for row in rows)
    breadths = {player: _breadth(rows, player) - len(GAP) for player in players}
    head = GAP.join([" " * first, *(player.ljust(breadths[player]) for player in players)])
    body = [_drawn(row, first, breadths, paint) for row in rows]
    return [paint(head.rstrip(), "strong"), *body]


def _drawn(row: Row, first: int, breadths: Mapping[str, int], paint: Paint) -> str:
    cells = [row.cells.get(player, "-").ljust(breadths[player]) for player in breadths]
    cells[-1] = cells[-1].rstrip()
    painted = [
        paint(text, "error") if player in row.alarming else text
        for player, text in zip(breadths, cells, strict=True)
    ]
    return GAP.join([row.label.ljust(first), *painted])
