"""The gradient graph of a live loss or of a recorded run, to a file or on the screen."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.checking import judge_study
from gradcheck_gan.finding import Report
from gradcheck_gan.picture import check_target, write_drawing
from gradcheck_gan.picture import draw as drawn
from gradcheck_gan.picture.drawing import Drawing, Node, PictureError
from gradcheck_gan.picture.wish import Wish
from gradcheck_gan.results import GradientFlowError
from gradcheck_gan.results import Report as LibraryReport
from gradcheck_gan.run import Backward, Run
from gradcheck_gan.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor
    from torch.nn import Module

    from gradcheck_gan.recording.live import Live


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """A picture that a notebook shows; `save` writes it, in the format that the ending names."""

    drawing: Drawing

    def save(self, path: str | os.PathLike[str]) -> str:
        """Returns one sentence that names the renderer."""
        target = Path(path)
        check_target(target, None)
        return write_drawing(self.drawing, target, None)

    def _repr_svg_(self) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "graph.svg")
            write_drawing(self.drawing, path, None)
            return path.read_text(encoding="utf-8")

    def __repr__(self) -> str:
        nodes = counted(len(self.drawing.nodes), "node")
        return f"<gradient graph of {nodes}; save it with .save('graph.svg')>"


def draw(
    loss_or_run: Tensor | Run | LibraryReport | GradientFlowError,
    file: str | os.PathLike[str] | None = None,
    *,
    players: Module | Iterable[Module] | Mapping[str, Module] | None = None,
) -> Picture:
    """Draw the gradient graph of a loss, before or after backward, or of what was recorded.

    `players` are the networks to tell apart; without it, those that the caller has variables for.
    Cuts are marked where the computation was recorded; autograd's own graph does not hold them.
    """
    if file is not None:
        check_target(Path(file), None)
    picture = Picture(_drawing(loss_or_run, players, sys._getframe(1)))
    if file is not None:
        picture.save(file)
    return picture


def _drawing(thing: Any, players: Any, caller: FrameType) -> Drawing:
    if isinstance(thing, Run):
        return drawn(thing, LibraryReport.of(thing))
    if isinstance(thing, GradientFlowError):
        thing = thing.report
    if thing is None or (isinstance(thing, LibraryReport) and thing.run is None):
        raise PictureError("nothing was recorded here, so there is no gradient graph to draw.")
    if isinstance(thing, LibraryReport) and thing.run is not None:
        return drawn(thing.run, thing)
    from gradcheck_gan.recording.outcomes import is_tensor

    if not is_tensor(thing):
        raise TypeError(
            f"{type(thing).__name__} has no gradient graph; give a loss, a run or a report."
        )
    return _of_loss(thing, players, caller)


def _of_loss(loss: Any, players: Any, caller: FrameType) -> Drawing:
    from gradcheck_gan.recording.live import live

    try:
        seen = live(loss, players, caller, str(Path.cwd()))
    except ValueError as error:
        raise PictureError(str(error)) from None
    report = judge_study(Study(seen.run, given=_players(seen.run, seen.players)))
    drawing = _with_absent(
        drawn(seen.run, report, Wish(judged=False)), seen.run, seen.event, report
    )
    return replace(drawing, title=_title(seen, drawing.title))


def _title(seen: Live, title: tuple[str, ...]) -> tuple[str, ...]:
    if seen.recorded:
        return title
    return (
        f"Gradient graph of the loss drawn at {seen.event.location}",
        "Autograd's own graph: it does not hold what a detach or the like has cut off.",
    )


def _players(run: Run, named: Mapping[str, frozenset[int]]) -> tuple[Player, ...]:
    found = []
    for number, (name, parameters) in enumerate(named.items(), 1):
        modules = {
            m.id for m in run.modules.values() if m.parameters and m.parameters <= parameters
        }
        found.append(Player(number, name, parameters, (), frozenset(modules)))
    return tuple(found)


def _with_absent(drawing: Drawing, run: Run, event: Backward, report: Report) -> Drawing:
    """With the players that no way through this graph leads to."""
    below = Study(run).flow.below
    seen = {run.values[v].parameter for root in event.roots for v in below(root)}
    nodes = list(drawing.nodes)
    for player in report.players:
        held = [m for m in run.modules.values() if player.name in (m.name, m.variable)]
        if held and held[0].parameters.isdisjoint(seen):
            count = counted(player.parameters, "parameter")
            told = f"{held[0].class_name} {player.name}", count, "no way from this loss leads here"
            nodes.append(Node(len(nodes), "module", told, role=player.role))
    return replace(drawing, nodes=tuple(nodes))
