"""What a picture shows: nodes, links and nested groups, free of any layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gradcheck_gan.run import Location

Flow = Literal["flows", "cut", "zero", "left", "apart", "lost", "data"]
NodeKind = Literal["loss", "module", "op", "cut", "apart", "zero", "data", "step"]
Role = Literal["generator", "discriminator", "other"]


class PictureError(Exception):
    """The picture cannot be drawn; the message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Look:
    """How one kind of link is drawn, never told apart by colour alone."""

    colour: str
    dot_style: str
    dashes: str
    width: float
    arrow: bool
    meaning: str


LOOKS: Mapping[Flow, Look] = {
    "flows": Look("#1b6e3c", "solid", "", 2.4, True, "gradient flows"),
    "cut": Look("#c2182b", "dashed", "8 5", 2.4, True, "cut: gradient stops here"),
    "zero": Look("#b35900", "dotted", "2 4", 2.8, True, "zero: gradient becomes zero here"),
    "left": Look("#6a1b9a", "solid", "", 4.2, True, "gradient left here, used by that step"),
    "apart": Look(
        "#6e5a5d", "dashed", "8 5", 1.4, True, "detached here, and no finding is about it"
    ),
    "lost": Look("#8a5a60", "dashed", "4 6", 1.2, False, "no gradient comes here"),
    "data": Look("#7a7a7a", "solid", "", 0.9, False, "needs no gradient (data, noise)"),
}


@dataclass(frozen=True, slots=True)
class Paint:
    """Fill, border and border style of a node; its text is always dark."""

    fill: str
    border: str
    dashed: bool = False
    width: float = 1.2


def paint(node: Node) -> Paint:
    if node.kind == "cut":
        return Paint("#f9b4b4", "#a01020", width=2.6 if node.culprit else 1.6)
    if node.kind == "apart":
        return Paint("#f1ebeb", "#8a5a60", width=1.4)
    if node.kind == "zero":
        return Paint("#fdd3a3", "#8f4700", width=2.6 if node.culprit else 1.6)
    if node.kind == "step":
        return Paint("#f9b4b4", "#a01020", width=2.6)
    if node.kind == "loss":
        return Paint("#fff3b0", "#6b5900", width=2.0)
    if node.kind == "data":
        return Paint("#efefef", "#8a8a8a", width=0.8)
    fills = {"generator": "#d4e6ff", "discriminator": "#e6dbfa", "other": "#dff3ee"}
    fill = fills.get(node.role or "", "#ffffff")
    if node.culprit:
        return Paint(fill, "#a01020", dashed=not node.gets, width=2.6)
    return Paint(fill, "#1b6e3c" if node.gets else "#8a5a60", dashed=not node.gets)


@dataclass(frozen=True, slots=True)
class Node:
    """One box; `gets` when the gradient of the loss arrives in it.

    `facts` are sentences for who asks about this node alone, `name` is what it is called then. A
    node `beside` stands next to the part that is drawn.
    """

    id: int
    kind: NodeKind
    lines: tuple[str, ...]
    gets: bool = False
    culprit: bool = False
    role: Role | None = None
    group: int | None = None
    hint: str = ""
    places: tuple[Location, ...] = ()
    facts: tuple[str, ...] = ()
    name: str = ""
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """Two nodes joined by a value; `upper` is nearer the loss. `main` links make the columns."""

    upper: int
    lower: int
    flow: Flow
    label: str = ""
    main: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """A module call drawn as a frame around what happens in it."""

    id: int
    label: str
    parent: int | None


@dataclass(frozen=True, slots=True)
class Drawing:
    """`raw` are the lines of a DOT text that is drawn in the place of the nodes.

    `remark` is a sentence for who asked for the picture.
    """

    title: tuple[str, ...]
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    groups: Mapping[int, Group] = field(default_factory=dict)
    raw: tuple[str, ...] = ()
    remark: str = ""
