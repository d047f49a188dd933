"""Read back the SVG that the renderers write: closed outlines, lines and words on one page."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]
Colour = tuple[float, float, float]
Step = tuple[str, tuple[Point, ...]]
"""`M` or `L` with one point, `C` with three, `Z` with none."""

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*(?:[eE][-+]?\d+[^A-Za-z]*)*)")
_POINTS = {"M": 1, "L": 1, "C": 3, "Z": 0}
_NAMED = {
    "black": "#000000",
    "white": "#ffffff",
    # those that torchviz uses
    "lightgrey": "#d3d3d3",
    "lightblue": "#add8e6",
    "orange": "#ffa500",
    "darkolivegreen1": "#caff70",
    "darkolivegreen3": "#a2cd5a",
}
# How far from its ends a curve is pulled to look like a quarter of a circle.
ROUND = 0.5523


class SvgError(Exception):
    """Something that no renderer of ours writes."""


@dataclass(frozen=True, slots=True)
class Shape:
    steps: tuple[Step, ...]
    fill: Colour | None
    stroke: Colour | None
    width: float
    dashes: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """Text on one line; `at` is the left end of its baseline, or its middle where `centred`."""

    text: str
    at: Point
    size: float
    colour: Colour
    centred: bool = False
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Marks in the order in which they are painted; y grows downwards."""

    width: float
    height: float
    title: str
    marks: tuple[Shape | Words, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """The sum of all transformations around an element."""

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def inside(self, text: str) -> _Place:
        place = self
        for name, inner in re.findall(r"(\w+)\s*\(([^)]*)\)", text):
            numbers = _numbers(inner)
            if name == "translate":
                right, down = (*numbers, 0.0)[:2]
                place = _Place(place.scale, *place.point(right, down))
            elif name == "scale" and len(set(numbers)) == 1:
                place = _Place(place.scale * numbers[0], place.x, place.y)
            elif name != "rotate" or numbers[0]:
                raise SvgError(f"transform {name}({inner})")
        return place

    def point(self, x: float, y: float) -> Point:
        return self.x + x * self.scale, self.y + y * self.scale


def read_svg(svg: bytes) -> Page:
    """Raises SvgError or ElementTree's ParseError for what cannot be drawn faithfully."""
    root = ET.fromstring(svg)
    left, top, width, height = _numbers(root.get("viewBox", ""))
    title = next((one.text or "" for one in root.iter() if _tag(one) == "title"), "")
    marks = tuple(_marks(root, _Place(1.0, -left, -top)))
    return Page(width, height, title, marks)


def _tag(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _marks(element: ET.Element, place: _Place) -> Iterator[Shape | Words]:
    """Frames are nested a few deep, and so is this."""
    place = place.inside(element.get("transform", ""))
    tag = _tag(element)
    if tag in ("svg", "g", "a"):
        for child in element:
            yield from _marks(child, place)
    elif tag == "text":
        yield _words(element, place)
    elif tag not in ("title", "defs"):
        yield _shape(element, place, tuple(_outline(tag, element.attrib)))


def _words(element: ET.Element, place: _Place) -> Words:
    return Words(
        text="".join(element.itertext()).replace("\xa0", " "),
        at=place.point(float(element.get("x", 0)), float(element.get("y", 0))),
        size=float(element.get("font-size", 12)) * place.scale,
        colour=_colour(element.get("fill", "black")) or (0.0, 0.0, 0.0),
        centred=element.get("text-anchor") == "middle",
        bold=element.get("font-weight") == "bold",
    )


def _shape(element: ET.Element, place: _Place, steps: tuple[Step, ...]) -> Shape:
    return Shape(
        tuple((name, tuple(place.point(*point) for point in points)) for name, points in steps),
        fill=_colour(element.get("fill", "black")),
        stroke=_colour(element.get("stroke", "none")),
        width=float(element.get("stroke-width", 1)) * place.scale,
        dashes=tuple(one * place.scale for one in _numbers(element.get("stroke-dasharray", ""))),
    )


def _colour(text: str) -> Colour | None:
    if text in ("none", "transparent"):
        return None
    digits = _NAMED.get(text, text)
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", digits):
        raise SvgError(f"colour {text}")
    red, green, blue = (int(digits[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def _numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text)]


def _outline(tag: str, attributes: Mapping[str, str]) -> Iterator[Step]:
    if tag == "path":
        return _path(attributes["d"])
    if tag in ("polygon", "polyline"):
        return _lines(_paired(_numbers(attributes["points"])), closed=tag == "polygon")
    if tag == "ellipse":
        cx, cy, rx, ry = (float(attributes[name]) for name in ("cx", "cy", "rx", "ry"))
        return _rounded(cx - rx, cy - ry, 2 * rx, 2 * ry, rx, ry)
    if tag == "rect":
        x, y, wide, high = (
            float(attributes.get(name, 0)) for name in ("x", "y", "width", "height")
        )
        corner = float(attributes.get("rx", 0))
        return _rounded(x, y, wide, high, corner, corner)
    raise SvgError(f"element {tag}")


def _paired(numbers: list[float]) -> list[Point]:
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _path(text: str) -> Iterator[Step]:
    for name, given in _COMMAND.findall(text):
        if name not in _POINTS:
            raise SvgError(f"path command {name}")
        points = _paired(_numbers(given))
        size = _POINTS[name]
        if not size:
            yield name, ()
            continue
        for start in range(0, len(points), size):
            # Further points after a move are lines.
            yield ("L" if name == "M" and start else name), tuple(points[start : start + size])


def _lines(points: list[Point], *, closed: bool) -> Iterator[Step]:
    yield "M", (points[0],)
    for _, point in pairwise(points):
        yield "L", (point,)
    if closed:
        yield "Z", ()


def _rounded(x: float, y: float, wide: float, high: float, rx: float, ry: float) -> Iterator[Step]:
    """A box whose corners are quarters of an ellipse."""
    right, low = x + wide, y + high
    dx, dy = rx * (1 - ROUND), ry * (1 - ROUND)
    yield "M", ((x + rx, y),)
    yield "L", ((right - rx, y),)
    yield "C", ((right - dx, y), (right, y + dy), (right, y + ry))
    yield "L", ((right, low - ry),)
    yield "C", ((right, low - dy), (right - dx, low), (right - rx, low))
    yield "L", ((x + rx, low),)
    yield "C", ((x + dx, low), (x, low - dy), (x, low - ry))
    yield "L", ((x, y + ry),)
    yield "C", ((x, y + dy), (x + dx, y), (x + rx, y))
    yield "Z", ()
