"""A picture for each update of a program, those that findings speak of first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from gradcheck_gan.finding import Finding, Report
from gradcheck_gan.garbage import uncollected
from gradcheck_gan.picture.assembly import folded
from gradcheck_gan.picture.choice import Choice, belongings, choose_for, drawable
from gradcheck_gan.picture.collapse import Folding
from gradcheck_gan.picture.drawing import Drawing, Node, PictureError
from gradcheck_gan.picture.inside import Inside, insides
from gradcheck_gan.picture.labels import drawing_of
from gradcheck_gan.run import Backward, Location, Run

# Every one is laid out when the report is written, and looked at by a person.
MOST = 6


@dataclass(frozen=True, slots=True)
class Picture:
    """One update; `shows` maps the index of each finding that it explains to a node.

    `inside` has the nodes that can be opened.
    """

    choice: Choice
    drawing: Drawing
    shows: dict[int, int]
    folding: Folding
    inside: Mapping[int, Inside] = field(default_factory=dict)


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
            made.append(_picture(run, report, choice))
        opened = insides([(one.folding, one.choice) for one in made])
    return tuple(replace(one, inside=found) for one, found in zip(made, opened, strict=True))


def _picture(run: Run, report: Report, choice: Choice) -> Picture:
    folding = folded(run, report, choice)
    return Picture(choice, drawing_of(folding, choice), {}, folding)


def _of_findings(run: Run, report: Report, passes: list[Backward], most: int) -> list[Picture]:
    """Findings of one pass share a picture, unless a step that used its gradient belongs in."""
    made: dict[tuple[int, Location | None], Picture] = {}
    for index, finding in enumerate(report.findings):
        choice = choose_for(run, report, finding, passes)
        key = (choice.event.order, choice.use.location if choice.use else None)
        if key not in made and len(made) < most:
            made[key] = _picture(run, report, choice)
        if key in made:
            node = accused(made[key].drawing, finding)
            made[key].shows.update({index: node.id} if node is not None else {})
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


def accused(drawing: Drawing, finding: Finding) -> Node | None:
    """The node at the finding's line, else the one at a line related to it."""
    for place in finding.places:
        at = [node for node in drawing.nodes if _stands_at(node, place)]
        if at:
            return max(at, key=lambda node: (node.culprit, node.kind == "step"))
    return None


def _stands_at(node: Node, place: Location) -> bool:
    return any((one.file, one.line) == (place.file, place.line) for one in node.places)
