"""The picture as SVG without Graphviz, so that there is always one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import hypot
from xml.sax.saxutils import escape, quoteattr

from gradcheck_gan.picture.drawing import LOOKS, Drawing, Flow, Link, Node, paint
from gradcheck_gan.picture.layout import Point, layout

LINE = 16.0
CHARACTER = 6.9
MARGIN = 24.0
INK = "#1c1c1c"
HEAD = 11.0


def svg_text(drawing: Drawing, *, bare: bool = False) -> str:
    """`bare` leaves out the title and the legend, for a page that has its own."""
    title = () if bare else drawing.title
    lines = {node.id: _lines(drawing, node) for node in drawing.nodes}
    sizes = [_size(lines[node.id]) for node in drawing.nodes]
    plan = layout(sizes, drawing.links)
    used = {link.flow for link in drawing.links}
    legend = [flow for flow in LOOKS if flow in used and not bare]
    head = MARGIN * 3 + LINE * (1.3 * len(title) + 1.2 * len(legend)) if title else MARGIN
    width = max([plan.width, *(len(line) * 7.6 for line in title), 320.0]) + 2 * MARGIN
    height = head + plan.height + 2 * MARGIN
    parts = [
        _opening(width, height),
        f"<title>{_xml(drawing.title[0])}</title>",
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
        *_title(title),
        *_legend(legend, MARGIN + LINE * 1.3 * len(title) + LINE),
        f'<g transform="translate({(width - plan.width) / 2:.1f} {head:.1f})">',
    ]
    for link, route in zip(drawing.links, plan.routes, strict=True):
        parts.append(_path(link, route))
    for node, centre, size in zip(drawing.nodes, plan.centres, sizes, strict=True):
        parts.append(_node(node, lines[node.id], centre, size))
    parts += [_label(link, route) for link, route in zip(drawing.links, plan.routes, strict=True)]
    return "\n".join(part for part in [*parts, "</g>", "</svg>", ""])


def _opening(width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="Helvetica, Arial, sans-serif">'
    )


def _lines(drawing: Drawing, node: Node) -> tuple[str, ...]:
    """There are no frames here, so that a node says itself what it stands in."""
    if node.group is None or node.group not in drawing.groups:
        return node.lines
    return (*node.lines, f"in {drawing.groups[node.group].label}")


def _size(lines: Sequence[str]) -> tuple[float, float]:
    longest = max((len(line) for line in lines), default=0)
    return longest * CHARACTER + 22, len(lines) * LINE + 14


def _xml(text: str) -> str:
    """Markup escaped, and what XML cannot hold left out."""
    return escape("".join(char if char.isprintable() else " " for char in text))


def _title(title: Sequence[str]) -> list[str]:
    return [
        f'<text x="{MARGIN}" y="{MARGIN + LINE * 1.3 * (row + 0.6):.1f}" font-size="14" '
        f'font-weight="{"bold" if row == 0 else "normal"}" fill="{INK}">{_xml(line)}</text>'
        for row, line in enumerate(title)
    ]


def _legend(flows: Sequence[Flow], top: float) -> list[str]:
    rows: list[str] = []
    for row, flow in enumerate(flows):
        y = top + LINE * 1.2 * (row + 0.6)
        ends = (MARGIN, y - 4), (MARGIN + 46, y - 4)
        line = f"M{ends[0][0]:.1f} {y - 4:.1f}L{_short(*ends, flow)[0]:.1f} {y - 4:.1f}"
        rows.append(f'<path d="{line}" {_stroke(flow)}/>{_head(*ends, flow)}')
        text = _xml(LOOKS[flow].meaning)
        rows.append(
            f'<text x="{MARGIN + 58}" y="{y:.1f}" font-size="12" fill="{INK}">{text}</text>'
        )
    return rows


def _stroke(flow: Flow) -> str:
    look = LOOKS[flow]
    dashes = f' stroke-dasharray="{look.dashes}"' if look.dashes else ""
    return f'class="{flow}" fill="none" stroke="{look.colour}" stroke-width="{look.width}"{dashes}'


def _short(before: Point, end: Point, flow: Flow) -> Point:
    """Where the line itself ends: at the foot of its arrow head, if it has one."""
    if not LOOKS[flow].arrow:
        return end
    long = hypot(end[0] - before[0], end[1] - before[1]) or 1.0
    part = min(HEAD / long, 1.0)
    return end[0] - (end[0] - before[0]) * part, end[1] - (end[1] - before[1]) * part


def _head(before: Point, end: Point, flow: Flow) -> str:
    if not LOOKS[flow].arrow:
        return ""
    foot = _short(before, end, flow)
    right, down = (end[0] - foot[0]) * 0.4, (end[1] - foot[1]) * 0.4
    corners = (end, (foot[0] - down, foot[1] + right), (foot[0] + down, foot[1] - right))
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return f'<polygon points="{points}" fill="{LOOKS[flow].colour}" stroke="none"/>'


def _path(link: Link, route: Sequence[Point]) -> str:
    before, end = (route[-1][0], route[-2][1]), route[-1]
    steps = [f"M{route[0][0]:.1f} {route[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in pairwise([*route[:-1], _short(before, end, link.flow)]):
        middle = (y0 + y1) / 2
        steps.append(f"C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}")
    ends = f'data-from="n{link.upper}" data-to="n{link.lower}"'
    line = f'<path d="{" ".join(steps)}" {ends} {_stroke(link.flow)}/>'
    return f'<g class="edge {link.flow}">{line}{_head(before, end, link.flow)}</g>'


def _label(link: Link, route: Sequence[Point]) -> str:
    if not link.label:
        return ""
    x, y = (route[0][0] + route[1][0]) / 2, (route[0][1] + route[1][1]) / 2
    ink = f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" font-size="11" fill="{LOOKS[link.flow].colour}"'
    # Not every viewer knows paint-order, so the pale rim is a text of its own.
    rim = f'{ink} stroke="#ffffff" stroke-width="4" aria-hidden="true">'
    texts = f"{rim}{_xml(link.label)}</text>{ink}>{_xml(link.label)}</text>"
    return f'<g class="edge {link.flow}">{texts}</g>'


def _node(node: Node, lines: Sequence[str], centre: Point, size: tuple[float, float]) -> str:
    look = paint(node)
    width, height = size
    x, y = centre[0] - width / 2, centre[1] - height / 2
    corner = 0 if node.kind == "cut" else 7
    dashes = ' stroke-dasharray="6 4"' if look.dashed else ""
    rows = "".join(
        f'<text x="{centre[0]:.1f}" y="{y + 19 + LINE * row:.1f}" font-size="12" '
        f'font-weight="{"bold" if row == 0 else "normal"}" text-anchor="middle" '
        f'fill="{INK}">{_xml(line)}</text>'
        for row, line in enumerate(lines)
    )
    return (
        f'<g id="n{node.id}" class={quoteattr(node.kind)}><title>{_xml(node.hint)}</title>'
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{corner}" '
        f'fill="{look.fill}" stroke="{look.border}" stroke-width="{look.width}"{dashes}/>'
        f"{rows}</g>"
    )
