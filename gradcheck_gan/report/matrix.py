"""The flow matrix of the text report: backward passes down, players across."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gradcheck_gan.finding import PassFlow, Reach, Report
from gradcheck_gan.words import counted, listed

KINDS = ("flow", "cut", "zero")
GAP = "  "
Paint = Callable[[str, str], str]
Folded = list[tuple[PassFlow, list[int]]]


@dataclass(frozen=True, slots=True)
class Row:
    """A pass or a term of its loss; `alarming` are players that starve of their own pass."""

    label: str
    cells: Mapping[str, str]
    alarming: frozenset[str] = frozenset()
    is_term: bool = False


def matrix(report: Report, width: int, paint: Paint) -> list[str]:
    """Lines of the table, in several tables where the players do not fit side by side."""
    players = [player.name for player in report.players]
    rows = table(report)
    if not rows or not players:
        return []
    lines: list[str] = []
    for group in _groups(rows, players, width):
        lines += ["", *_table(rows, group, paint)] if lines else _table(rows, group, paint)
    return lines


def table(report: Report) -> list[Row]:
    return [row for entry, rounds in _folded(report.flow) for row in _rows(entry, rounds)]


def rows(report: Report) -> list[tuple[str, ...]]:
    """The cells of the table line by line: what ran, then one for each player."""
    names = [player.name for player in report.players]
    return [
        (row.label.strip(), *(row.cells.get(name, "-") for name in names)) for row in table(report)
    ]


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


def _rows(entry: PassFlow, rounds: Sequence[int]) -> list[Row]:
    called = "backward" if entry.kind == "backward" else "autograd.grad"
    owner = f" for {listed(entry.belongs_to)}" if entry.belongs_to else ""
    times = _times(entry.count)
    label = f"{entry.location} {called}{owner} ({_spoken(rounds)}{times})"
    alarming = frozenset(name for name in entry.belongs_to if _starved(entry.reach.get(name)))
    terms = entry.terms if len(entry.terms) > 1 else ()
    return [
        Row(label, _cells(entry.reach), alarming),
        *(
            Row(f"  term of {term.location}{_times(term.count)}", _cells(term.reach), is_term=True)
            for term in terms
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
    room = width - max(len(row.label) for row in rows)
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
