"""The rows of a comparison as a table in text, and as a bar chart in SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from gradcheck_gan.estimators.comparing import Row

NAME, BAR, LINE, TOP, WIDE = 260, 260, 30, 58, 760
HEADINGS = ("estimator", "cosine", "variance", "calls", "ms")


def table(rows: Sequence[Row]) -> str:
    """One line an estimator, best first; lines end where the text does."""
    cells = [HEADINGS, *(_cells(row) for row in rows if not row.why_not)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(HEADINGS))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in cells
    ]
    lines += [f"not measured: {row.name} {row.why_not}" for row in rows if row.why_not]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    numbers = f"{row.cosine:.2f}", f"{row.variance:.2f}", str(row.calls), f"{row.milliseconds:.2f}"
    return (row.name, *numbers)


def chart(rows: Sequence[Row], title: str) -> str:
    """Bars for the cosine, from -1 to 1; what it costs stands beside them."""
    shown = [row for row in rows if not row.why_not]
    high = TOP + LINE * len(shown) + 26
    size = f'viewBox="0 0 {WIDE} {high}" width="{WIDE}" height="{high}"'
    font = 'font-family="Helvetica, Arial, sans-serif" font-size="13"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font} role="img">',
        f'<rect width="{WIDE}" height="{high}" fill="#ffffff"/>',
        f'<text x="12" y="24" font-size="15" fill="#1c1c1c">{escape(title)}</text>',
        *_axis(high),
        *(_bar(row, TOP + LINE * at) for at, row in enumerate(shown)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _axis(high: int) -> Iterator[str]:
    for mark in (-1, 0, 1):
        x = NAME + BAR * (mark + 1) // 2
        yield (
            f'<line x1="{x}" y1="{TOP - 8}" x2="{x}" y2="{high - 24}" stroke="#c4ccd4"/>'
            f'<text x="{x}" y="{high - 8}" text-anchor="middle" fill="#57606a">{mark}</text>'
        )
    at = NAME + BAR + 24
    yield f'<text x="{NAME}" y="{TOP - 14}" fill="#57606a">cosine to the true gradient</text>'
    yield f'<text x="{at}" y="{TOP - 14}" fill="#57606a">variance, calls, milliseconds</text>'


def _bar(row: Row, y: int) -> str:
    middle = NAME + BAR // 2
    long = round(BAR / 2 * row.cosine)
    _, _, variance, calls, milliseconds = _cells(row)
    return (
        f'<text x="12" y="{y + 14}" fill="#1c1c1c">{escape(row.name)}</text>'
        f'<rect x="{middle + min(long, 0)}" y="{y}" width="{abs(long)}" height="18" '
        f'fill="{"#1b6e3c" if long > 0 else "#c2182b"}"/>'
        f'<text x="{NAME + BAR + 24}" y="{y + 14}" fill="#1c1c1c">'
        f"{variance}, {calls}, {milliseconds} ms</text>"
    )
