"""What of a run is to be drawn, where that is asked for: an update, a line, a degree of detail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gradcheck_gan.finding import Report
from gradcheck_gan.picture.choice import Choice, belongings, choose, choose_for, drawable
from gradcheck_gan.picture.drawing import Drawing, PictureError
from gradcheck_gan.picture.walk import is_line, ordered
from gradcheck_gan.run import Backward, Run
from gradcheck_gan.words import listed

View = Literal["module", "op", "raw"]
STEPS = 2
"""How many links from the line that was asked for a node may be away."""


@dataclass(frozen=True, slots=True)
class Wish:
    """`update` is a player or the line of a backward call, `around` a line.

    Of a run that was `judged` the cuts without a finding are right ones.
    """

    update: str = ""
    around: str = ""
    view: View = "module"
    judged: bool = True

    def __post_init__(self) -> None:
        if self.around and self.view == "raw":
            raise PictureError("--around works with --view module and op, not with raw.")

    @property
    def is_default(self) -> bool:
        return not self.around and self.view == "module"


USUAL = Wish()


def wished(run: Run, report: Report, wish: Wish) -> Choice:
    """The pass that was asked for; of several the one that a finding speaks of, else the last."""
    passes = drawable(run)
    if wish.update:
        passes = [one for one in passes if _is_called(one, report, wish.update)]
        if not passes:
            raise PictureError(_no_update(run, report, wish.update))
    if wish.around:
        passes = [one for one in passes if _computes(run, one, wish.around)]
        if not passes:
            raise PictureError(
                f"No loss that was back-propagated was computed at {wish.around!r}; "
                "name the LINE or FILE:LINE of an operation."
            )
    if not wish.update and not wish.around:
        return choose(run, report)
    for finding in report.findings:
        choice = choose_for(run, report, finding, drawable(run))
        if choice.event in passes:
            return choice
    return Choice(passes[-1], None, belongings(report)(passes[-1]))


def _is_called(event: Backward, report: Report, name: str) -> bool:
    return name in belongings(report)(event) or is_line(event.location, name)


def _computes(run: Run, event: Backward, line: str) -> bool:
    return any(is_line(run.values[one].location, line) for one in ordered(run, event.roots))


def _no_update(run: Run, report: Report, name: str) -> str:
    known: dict[str, None] = {}
    for event in drawable(run):
        known |= dict.fromkeys(belongings(report)(event))
        known |= dict.fromkeys([str(event.location)] if event.location else [])
    return f"No backward pass belongs to {name!r}; there are those of {listed(known)}."


def near(drawing: Drawing, line: str) -> Drawing:
    """The nodes at a line and those a few links away. Raises PictureError if there are none."""
    kept = {node.id for node in drawing.nodes if any(is_line(one, line) for one in node.places)}
    if not kept:
        raise PictureError(f"What happens at {line!r} is folded into a bigger box; draw it whole.")
    for _ in range(STEPS):
        ends = [(link.upper, link.lower) for link in drawing.links]
        kept |= {one for pair in ends if not kept.isdisjoint(pair) for one in pair}
    return _renumbered(drawing, sorted(kept))


def _renumbered(drawing: Drawing, kept: Sequence[int]) -> Drawing:
    numbers = {old: new for new, old in enumerate(kept)}
    left_out = len(drawing.nodes) - len(kept)
    title = (*drawing.title, f"{left_out} nodes farther away are left out.") if left_out else None
    return replace(
        drawing,
        title=title or drawing.title,
        nodes=tuple(replace(drawing.nodes[old], id=numbers[old]) for old in kept),
        links=tuple(
            replace(link, upper=numbers[link.upper], lower=numbers[link.lower])
            for link in drawing.links
            if link.upper in numbers and link.lower in numbers
        ),
    )
