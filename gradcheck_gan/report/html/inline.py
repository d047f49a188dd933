"""A picture's SVG made part of the page: bare geometry, our own classes, escaped words."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from gradcheck_gan.picture.drawing import LOOKS, Drawing, Node

# Of what a renderer wrote only this is taken over, and only if it is made of numbers.
_GEOMETRY = ("d", "points", "x", "y", "cx", "cy", "rx", "ry", "width", "height", "transform")
_SHAPES = ("path", "polygon", "polyline", "ellipse", "rect")
_NUMBERS = re.compile(r"(?:[MLCZmlcz\d\s,.+-]|e[-+]?\d|translate|scale|rotate|[()])*")
_NODE = re.compile(r"n(\d+)")


@dataclass(frozen=True, slots=True)
class Inlining:
    """One picture; `prefix` keeps its ids apart from those of the others."""

    prefix: str
    drawing: Drawing

    def svg(self, text: bytes) -> Markup:
        """Raises ElementTree's ParseError or ValueError for what cannot be taken over."""
        root = ET.fromstring(text)
        box = [float(number) for number in root.get("viewBox", "").split()]
        _, _, wide, high = box
        inner = Markup("").join(self._children(root, ""))
        label = f"Graph of gradient, {len(self.drawing.nodes)} nodes from the loss down"
        return Markup(
            '<svg viewBox="{}" width="{:.0f}" height="{:.0f}" role="group" aria-label="{}">{}</svg>'
        ).format(" ".join(f"{number:g}" for number in box), wide, high, label, inner)

    def _children(self, element: ET.Element, around: str) -> Iterator[Markup]:
        """`around` is what the parent is: an edge, a node, a frame, or nothing of these."""
        for child in element:
            tag = str(child.tag).rpartition("}")[2]
            if tag in ("g", "a"):
                yield self._group(child, around)
            elif tag == "text" and around and child.get("aria-hidden") is None:
                yield _element("text", child, _words(child))
            elif tag in _SHAPES and around:
                yield _element(tag, child)

    def _group(self, element: ET.Element, around: str) -> Markup:
        classes = (element.get("class") or "").split()
        node = _NODE.fullmatch(element.get("id") or "")
        if node is not None:
            return self._node(element, self.drawing.nodes[int(node[1])])
        if "edge" in classes:
            flow = next((name for name in classes if name in LOOKS), "data")
            inner = Markup("").join(self._children(element, "edge"))
            return Markup('<g class="link {}">{}</g>').format(flow, inner)
        if "cluster" in classes:
            inner = Markup("").join(self._children(element, "frame"))
            return Markup('<g class="frame">{}</g>').format(inner)
        inner = Markup("").join(self._children(element, around))
        return Markup("<g{}>{}</g>").format(_geometry(element.attrib), inner)

    def _node(self, element: ET.Element, node: Node) -> Markup:
        kinds = [node.kind, node.role or "", "gets" if node.gets else "starved"]
        kinds += ["culprit"] if node.culprit else []
        kinds += ["beside"] if node.beside else []
        return Markup(
            '<g class="node {}" id="{}-n{}" tabindex="0" role="button" aria-label="{}">{}</g>'
        ).format(
            " ".join(filter(None, kinds)),
            self.prefix,
            node.id,
            _printable(", ".join(node.lines)),
            Markup("").join(self._children(element, "node")),
        )


def _element(tag: str, element: ET.Element, words: str = "") -> Markup:
    centred = tag == "text" and element.get("text-anchor") == "middle"
    kind = Markup(' class="centred"') if centred else Markup()
    return Markup("<{}{}{}>{}</{}>").format(tag, kind, _geometry(element.attrib), words, tag)


def _geometry(attributes: Mapping[str, str]) -> Markup:
    kept = [(name, attributes[name]) for name in _GEOMETRY if name in attributes]
    if any(not _NUMBERS.fullmatch(value) for _, value in kept):
        raise ValueError("a drawing made of more than numbers")
    return Markup("").join(Markup(' {}="{}"').format(*pair) for pair in kept)


def _words(element: ET.Element) -> str:
    return _printable("".join(element.itertext()).replace("\xa0", " ").strip())


def _printable(text: str) -> str:
    return escape("".join(char if char.isprintable() else " " for char in text))
