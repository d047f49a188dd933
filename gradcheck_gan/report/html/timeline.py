"""The timeline as SVG: a lane per player, an arrow for every deposit that a step used."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup, escape

from gradcheck_gan.finding import Arrow, Moment, Report, Timeline

LANE, SLOT, LEFT, TOP, RADIUS = 84, 46, 16, 34, 9
LETTERS = {"forward": "F", "backward": "B", "grad": "A", "clear": "C", "step": "S"}


def timeline_svg(report: Report) -> Markup:
    """Empty where nothing was recorded."""
    drawn = report.timeline
    lanes = [player.name for player in report.players]
    lanes = [name for name in lanes if any(moment.player == name for moment in drawn.moments)]
    if not lanes:
        return Markup()
    slots = _slots(drawn)
    wide = LEFT * 2 + SLOT * (max(slots) + 1)
    high = TOP + LANE * len(lanes)
    parts = [
        f'<svg class="names" width="1" height="{high}" aria-hidden="true">',
        *(_name(name, number) for number, name in enumerate(lanes)),
        f'</svg><svg viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" role="img"',
        ' aria-label="Timeline of the first rounds; the list below it says the same in words">',
        *_rounds(drawn, slots, high),
        *(_lane(number, wide) for number in range(len(lanes))),
        *(_arrow(arrow, drawn, lanes, slots) for arrow in drawn.arrows),
        *(
            _moment(moment, slots[index], lanes.index(moment.player))
            for index, moment in enumerate(drawn.moments)
        ),
        "</svg>",
    ]
    return Markup("".join(parts))


def _slots(drawn: Timeline) -> list[int]:
    """Columns: what happened at one time to several players stands in one."""
    slots: list[int] = []
    for index, moment in enumerate(drawn.moments):
        before = drawn.moments[index - 1] if index else moment
        same = (moment.order, moment.kind) == (before.order, before.kind)
        slots.append((slots[-1] + (not same)) if slots else 0)
    return slots


def _x(slot: int) -> int:
    return LEFT + SLOT * slot + SLOT // 2


def _y(lane: int) -> int:
    return TOP + LANE * lane + LANE // 2 + 8


def _rounds(drawn: Timeline, slots: list[int], high: int) -> Iterator[str]:
    for number in sorted({moment.round for moment in drawn.moments}):
        mine = [slot for slot, one in zip(slots, drawn.moments, strict=True) if one.round == number]
        x, wide = _x(min(mine)) - SLOT // 2, SLOT * (max(mine) - min(mine) + 1)
        yield (
            f'<rect class="round" x="{x + 2}" y="2" width="{wide - 4}" height="{high - 4}" rx="6"/>'
            f'<text class="title" x="{x + 10}" y="20">round {number}</text>'
        )


def _name(name: str, lane: int) -> str:
    """In a drawing of its own, which stays when the lanes are moved sideways."""
    y = _y(lane) - LANE // 2 + 8
    return f'<text class="player" x="{LEFT + 4}" y="{y}">{escape(name)}</text>'


def _lane(lane: int, wide: int) -> str:
    y = _y(lane)
    return f'<line class="lane" x1="{LEFT}" y1="{y}" x2="{wide - LEFT}" y2="{y}"/>'


def _arrow(arrow: Arrow, drawn: Timeline, lanes: list[str], slots: list[int]) -> str:
    start, end = _x(slots[arrow.source]), _x(slots[arrow.target])
    y = _y(lanes.index(drawn.moments[arrow.source].player)) - RADIUS
    lift = y - min(26, 10 + (end - start) // 12)
    told = {
        "own": "its own gradient",
        "foreign": "gradient of the other player's loss",
        "missing": "no gradient came",
    }[arrow.kind]
    return (
        f'<path class="arrow {arrow.kind}" d="M{start} {y} C{start} {lift} {end} {lift} {end} {y}">'
        f"<title>{told}</title></path>"
        f'<path class="head {arrow.kind}" d="M{end - 4} {y - 7} L{end} {y} L{end + 4} {y - 7}"/>'
    )


def _moment(moment: Moment, slot: int, lane: int) -> str:
    x, y = _x(slot), _y(lane)
    place = f" at {moment.location}" if moment.location else ""
    title = escape(f"{moment.note}{place}")
    line = (
        f'<text class="at" x="{x}" y="{y + RADIUS + 13}">{moment.location.line}</text>'
        if (moment.location)
        else ""
    )
    return (
        f'<g class="moment {moment.kind}"><title>{title}</title>'
        f'<circle cx="{x}" cy="{y}" r="{RADIUS}"/>'
        f'<text class="letter" x="{x}" y="{y + 4}">{LETTERS[moment.kind]}</text>{line}</g>'
    )
