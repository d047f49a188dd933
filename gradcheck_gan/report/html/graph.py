"""The gradient graphs of a page: a drawing for each update, and what each node tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

from markupsafe import Markup

from gradcheck_gan.finding import Report
from gradcheck_gan.picture import PictureError, bare_svgs
from gradcheck_gan.picture.drawing import LOOKS, Drawing, Flow, Node
from gradcheck_gan.picture.inside import Inside
from gradcheck_gan.picture.render import Renderer, renderers
from gradcheck_gan.picture.several import Picture, pictures
from gradcheck_gan.report.html.inline import Inlining
from gradcheck_gan.run import Run


@dataclass(frozen=True, slots=True)
class Level:
    """A drawing: the whole graph, or what lies in the node whose id it has."""

    id: str
    title: str
    svg: Markup
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """The whole comes first in `levels`; `shown` is the node that stands in view at first.

    `legend` has the links that occur.
    """

    id: str
    title: str
    levels: tuple[Level, ...]
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
    plans = [list(_plans(f"g{number}", picture)) for number, picture in enumerate(shown, 1)]
    drawings = [inside.drawing for plan in plans for _, _, inside in plan]
    drawn = iter(bare_svgs(drawings, _renderers()))
    made = tuple(
        _graph(picture, [_level(*one, next(drawn)) for one in plan])
        for picture, plan in zip(shown, plans, strict=True)
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


def _plans(name: str, picture: Picture) -> Iterator[tuple[str, str, Inside]]:
    """Id, title and drawing of every level, the whole first."""
    pending = [(name, "the whole graph", Inside(picture.drawing, dict(picture.inside)))]
    while pending:
        name, title, inside = pending.pop(0)
        yield name, title, inside
        nodes = inside.drawing.nodes
        pending += [(f"{name}-n{n}", nodes[n].name, one) for n, one in inside.below.items()]


def _level(name: str, title: str, inside: Inside, svg: bytes) -> Level:
    return Level(name, title, _inlined(name, inside.drawing, svg), inside.drawing.nodes)


def _graph(picture: Picture, levels: list[Level]) -> Graph:
    used = {link.flow for link in picture.drawing.links}
    return Graph(
        levels[0].id,
        _title(picture),
        tuple(levels),
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
