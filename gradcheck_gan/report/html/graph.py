"""The gradient graphs of a page: a drawing for each update, and what each node tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

from markupsafe import Markup

from gradcheck_gan.finding import Report
from gradcheck_gan.picture import PictureError, bare_svgs
from gradcheck_gan.picture.drawing import LOOKS, Drawing, Flow, Node
from gradcheck_gan.picture.render import Renderer, renderers
from gradcheck_gan.picture.several import Picture, pictures
from gradcheck_gan.report.html.inline import Inlining
from gradcheck_gan.run import Run


@dataclass(frozen=True, slots=True)
class Graph:
    """`shown` is the node that stands in view at first; `legend` has the links that occur."""

    id: str
    title: str
    svg: Markup
    nodes: tuple[Node, ...]
    shown: int
    legend: tuple[tuple[Flow, str], ...]


@dataclass(frozen=True, slots=True)
class Graphs:
    """`of` maps the index of a finding to the id of its node."""

    graphs: tuple[Graph, ...] = ()
    of: tuple[tuple[int, str], ...] = ()

    def node_of(self, finding: int) -> str:
        return dict(self.of).get(finding, "")


def graphs_of(report: Report, run: Run | None) -> Graphs:
    shown = () if run is None else pictures(run, report)
    if not shown:
        return Graphs()
    drawn = bare_svgs([one.drawing for one in shown], _renderers())
    made = tuple(
        _graph(f"g{number}", picture, svg)
        for number, (picture, svg) in enumerate(zip(shown, drawn, strict=True), 1)
    )
    of = tuple(
        (finding, f"{graph.id}-n{node}")
        for graph, picture in zip(made, shown, strict=True)
        for finding, node in picture.shows.items()
    )
    return Graphs(made, of)


def _renderers() -> list[Renderer]:
    try:
        return list(renderers(None))
    except PictureError:  # the page is no place to say that a variable names no program
        return []


def _graph(name: str, picture: Picture, svg: bytes) -> Graph:
    drawing = picture.drawing
    used = {link.flow for link in drawing.links}
    return Graph(
        name,
        _title(picture),
        _inlined(name, drawing, svg),
        drawing.nodes,
        next(iter(picture.shows.values()), 0),
        tuple((flow, look.meaning) for flow, look in LOOKS.items() if flow in used),
    )


def _inlined(name: str, drawing: Drawing, svg: bytes) -> Markup:
    inlining = Inlining(name, drawing)
    try:
        return inlining.svg(svg)
    except (ParseError, ValueError, IndexError):
        return inlining.svg(bare_svgs([drawing], ())[0])


def _title(picture: Picture) -> str:
    event = picture.choice.event
    kind = "backward pass" if event.kind == "backward" else "autograd.grad"
    place = f" at {event.location}" if event.location else ""
    trains = " and ".join(picture.choice.belongs_to)
    return f"{kind}{place}, round {event.round}" + (f", trains {trains}" if trains else "")


def codes_at(report: Report, graphs: Graphs, node: str) -> Iterator[tuple[int, str]]:
    """The findings that a node explains, by number and code."""
    for index, named in graphs.of:
        if named == node:
            yield index + 1, report.findings[index].code
