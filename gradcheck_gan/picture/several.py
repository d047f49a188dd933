"""A picture for each update of a program, those that findings speak of first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck_gan.finding import Finding, Report
from gradcheck_gan.garbage import uncollected
from gradcheck_gan.picture.assembly import assembled
from gradcheck_gan.picture.choice import Choice, belongings, choose_for, drawable
from gradcheck_gan.picture.drawing import Drawing, Node, PictureError
from gradcheck_gan.run import Backward, Location, Run

# Every one is laid out when the report is written, and looked at by a person.
MOST = 6


@dataclass(frozen=True, slots=True)
class Picture:
    """One update; `shows` maps the index of each finding that it explains to a node."""

    choice: Choice
    drawing: Drawing
    shows: dict[int, int]


def pictures(run: Run, report: Report, most: int = MOST) -> tuple[Picture, ...]:
    """At most so many, the worst finding's first; none where no backward pass was recorded."""
    try:
        passes = drawable(run)
    except PictureError:
        return ()
    with uncollected():
        made = _of_findings(run, report, passes, most)
        for choice in _others(report, passes, {_line(one.choice.event) for one in made}):
            if len(made) >= most:
                break
            made.append(Picture(choice, assembled(run, report, choice), {}))
    return tuple(made)


def _of_findings(run: Run, report: Report, passes: list[Backward], most: int) -> list[Picture]:
    """Findings of one pass share a picture, unless a step that used its gradient belongs in."""
    made: dict[tuple[int, Location | None], Picture] = {}
    for index, finding in enumerate(report.findings):
        choice = choose_for(run, report, finding, passes)
        key = (choice.event.order, choice.use.location if choice.use else None)
        if key not in made and len(made) < most:
            made[key] = Picture(choice, assembled(run, report, choice), {})
        if key in made:
            made[key].shows[index] = accused(made[key].drawing, finding).id
    return list(made.values())


def _others(report: Report, passes: list[Backward], shown: set[str]) -> Iterator[Choice]:
    """The last pass of every line that no finding is about, in the order of the program."""
    last = {_line(event): event for event in passes if event.kind == "backward"}
    owners = belongings(report)
    for line, event in last.items():
        if line not in shown:
            yield Choice(event, None, owners(event))


def _line(event: Backward) -> str:
    return str(event.location)


def accused(drawing: Drawing, finding: Finding) -> Node:
    """The node at the finding's line, else the one at a line related to it, else the loss."""
    lines = [finding.location, *(one.location for one in finding.related)]
    for place in lines:
        at = [node for node in drawing.nodes if _stands_at(node, place)]
        if at:
            return max(at, key=lambda node: (node.culprit, node.kind == "step"))
    return next((n for n in drawing.nodes if n.kind == "loss"), drawing.nodes[0])


def _stands_at(node: Node, place: Location) -> bool:
    return any((one.path, one.line) == (place.path, place.line) for one in node.places)
