"""The picture as SVG without Graphviz, so that there is always one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from gradcheck_gan.picture.drawing import LOOKS, Drawing, Flow, Link, Node, paint
from gradcheck_gan.picture.layout import Point, layout

LINE = 16.0
CHARACTER = 6.9
MARGIN = 24.0
INK = "#1c1c1c"


def svg_text(drawing: Drawing) -> str:
    lines = {node.id: _lines(drawing, node) for node in drawing.nodes}
    sizes = [_size(lines[node.id]) for node in drawing.nodes]
    plan = layout(sizes, drawing.links)
    used = {link.flow for link in drawing.links}
    legend = [flow for flow in LOOKS if flow in used]
    head = MARGIN * 3 + LINE * (1.3 * len(drawing.title) + 1.2 * len(legend))
    width = max([plan.width, *(len(line) * 7.6 for line in drawing.title), 320.0]) + 2 * MARGIN
    height = head + plan.height + 2 * MARGIN
    parts = [
        _opening(width, height),
        f"<title>{_xml(drawing.title[0])}</title>",
        _markers(),
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
        *_title(drawing.title),
        *_legend(legend, MARGIN + LINE * 1.3 * len(drawing.title) + LINE),
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


def _markers() -> str:
    heads = "".join(
        f'<marker id="head-{flow}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="11" '
        f'markerHeight="11" markerUnits="userSpaceOnUse" orient="auto">'
        f'<path d="M0 0 L10 5 L0 10 z" fill="{look.colour}"/></marker>'
        for flow, look in LOOKS.items()
        if look.arrow
    )
    return f"<defs>{heads}</defs>"


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
        line = f"M{MARGIN} {y - 4:.1f} h46"
        rows.append(f'<path d="{line}" {_stroke(flow)}/>')
        text = _xml(LOOKS[flow].meaning)
        rows.append(
            f'<text x="{MARGIN + 58}" y="{y:.1f}" font-size="12" fill="{INK}">{text}</text>'
        )
    return rows


def _stroke(flow: Flow) -> str:
    look = LOOKS[flow]
    dashes = f' stroke-dasharray="{look.dashes}"' if look.dashes else ""
    head = f' marker-end="url(#head-{flow})"' if look.arrow else ""
    return (
        f'class="{flow}" fill="none" stroke="{look.colour}" stroke-width="{look.width}"'
        f"{dashes}{head}"
    )


def _path(link: Link, route: Sequence[Point]) -> str:
    steps = [f"M{route[0][0]:.1f} {route[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in pairwise(route):
        middle = (y0 + y1) / 2
        steps.append(f"C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}")
    ends = f'data-from="n{link.upper}" data-to="n{link.lower}"'
    return f'<path d="{" ".join(steps)}" {ends} {_stroke(link.flow)}/>'


def _label(link: Link, route: Sequence[Point]) -> str:
    if not link.label:
        return ""
    x, y = (route[0][0] + route[1][0]) / 2, (route[0][1] + route[1][1]) / 2
    ink = f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" font-size="11" fill="{LOOKS[link.flow].colour}"'
    # Not every viewer knows paint-order, so the pale rim is a text of its own.
    rim = f'{ink} stroke="#ffffff" stroke-width="4" aria-hidden="true">'
    return f"{rim}{_xml(link.label)}</text>{ink}>{_xml(link.label)}</text>"


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
