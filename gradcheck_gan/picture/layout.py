"""A small layered layout: rows by longest path, order by barycentre, few bends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from gradcheck_gan.picture.drawing import Link

SWEEPS = 12
APART = 26.0
THROUGH = 14.0
ROW_GAP = 54.0

Point = tuple[float, float]


@dataclass(slots=True)
class Spot:
    """A node in a row, or the place where a long link passes through that row."""

    row: int
    width: float
    height: float = 0.0
    x: float = 0.0
    above: list[int] = field(default_factory=list)
    below: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Layout:
    """Centres of the nodes, and per link its points from the upper to the lower node."""

    centres: Sequence[Point]
    routes: Sequence[tuple[Point, ...]]
    width: float
    height: float


def layout(sizes: Sequence[tuple[float, float]], links: Sequence[Link]) -> Layout:
    """Place nodes of these widths and heights, numbered from 0; the loss is number 0."""
    rows = _rows(len(sizes), links)
    spots = [Spot(row, *size) for row, size in zip(rows, sizes, strict=True)]
    chains = [_chain(spots, link) for link in links]
    table: dict[int, list[int]] = {}
    for number, spot in enumerate(spots):
        table.setdefault(spot.row, []).append(number)
    for sweep in range(SWEEPS):
        for row in sorted(table, reverse=sweep % 2 == 1):
            _order(spots, table[row], upwards=sweep % 2 == 1)
    tops = _tops(spots, table)
    left = min((spot.x - spot.width / 2 for spot in spots), default=0.0)
    for spot in spots:
        spot.x -= left
    return Layout(
        [(spot.x, tops[spot.row] + spot.height / 2) for spot in spots[: len(sizes)]],
        _routes(spots, chains, tops, table),
        max((spot.x + spot.width / 2 for spot in spots), default=0.0),
        max((tops[spot.row] + spot.height for spot in spots), default=0.0),
    )


def _rows(count: int, links: Sequence[Link]) -> list[int]:
    """Numbers grow away from the loss, so that one sweep suffices and a cycle does no harm."""
    rows = [0] * count
    for link in sorted(links, key=lambda link: min(link.upper, link.lower)):
        near, far = sorted((link.upper, link.lower))
        rows[far] = max(rows[far], rows[near] + 1)
    return rows


def _chain(spots: list[Spot], link: Link) -> list[int]:
    near, far = sorted((link.upper, link.lower))
    chain = [near]
    for row in range(spots[near].row + 1, spots[far].row):
        chain.append(len(spots))
        spots.append(Spot(row, THROUGH, x=spots[near].x))
    chain.append(far)
    for upper, lower in pairwise(chain):
        spots[upper].below.append(lower)
        spots[lower].above.append(upper)
    return chain if near == link.upper else chain[::-1]


def _order(spots: list[Spot], row: list[int], *, upwards: bool) -> None:
    """Sort one row by where its neighbours stand, then push apart what overlaps."""
    wanted: dict[int, float] = {}
    for number in row:
        spot = spots[number]
        near = (spot.below or spot.above) if upwards else (spot.above or spot.below)
        wanted[number] = sum(spots[other].x for other in near) / len(near) if near else spot.x
    row.sort(key=lambda number: wanted[number])
    edge = float("-inf")
    for number in row:
        half = spots[number].width / 2
        spots[number].x = max(wanted[number], edge + half)
        edge = spots[number].x + half + APART
    drift = sum(spots[number].x - wanted[number] for number in row) / len(row)
    for number in row:
        spots[number].x -= drift


def _tops(spots: Sequence[Spot], table: Mapping[int, list[int]]) -> dict[int, float]:
    tops: dict[int, float] = {}
    top = 0.0
    for row in sorted(table):
        tops[row] = top
        top += max(spots[number].height for number in table[row]) + ROW_GAP
    return tops


def _routes(
    spots: Sequence[Spot],
    chains: Sequence[Sequence[int]],
    tops: Mapping[int, float],
    table: Mapping[int, list[int]],
) -> list[tuple[Point, ...]]:
    """Straight through every row on the way, so that a link passes beside the nodes."""
    heights = {row: max(spots[one].height for one in table[row]) for row in table}
    ports = _ports(spots, chains)
    routes: list[tuple[Point, ...]] = []
    for link, chain in enumerate(chains):
        points: list[Point] = []
        down = spots[chain[0]].row < spots[chain[-1]].row
        for place, number in enumerate(chain):
            spot = spots[number]
            height = spot.height if place in (0, len(chain) - 1) else heights[spot.row]
            x = ports.get((link, number), spot.x)
            ends = [(x, tops[spot.row]), (x, tops[spot.row] + height)]
            points += ends if down else ends[::-1]
        routes.append(tuple(points[1:-1]))
    return routes


def _ports(spots: Sequence[Spot], chains: Sequence[Sequence[int]]) -> dict[tuple[int, int], float]:
    """Where each link meets its two nodes: side by side, so that no arrow hides another."""
    sides: dict[tuple[int, bool], list[tuple[float, int]]] = {}
    for link, chain in enumerate(chains):
        for end, near in ((chain[0], chain[1]), (chain[-1], chain[-2])):
            above = spots[near].row < spots[end].row
            sides.setdefault((end, above), []).append((spots[near].x, link))
    ports: dict[tuple[int, int], float] = {}
    for (end, _), links in sides.items():
        spot = spots[end]
        apart = min(24.0, spot.width * 0.7 / len(links))
        for place, (_, link) in enumerate(sorted(links)):
            ports[link, end] = spot.x + apart * (place - (len(links) - 1) / 2)
    return ports
