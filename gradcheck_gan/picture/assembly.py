"""From a choice to a drawing: the slice of the pass is folded, shrunk and given words."""

from __future__ import annotations

from gradcheck_gan.finding import Report
from gradcheck_gan.picture.choice import Choice, first_finding, parameter_players
from gradcheck_gan.picture.collapse import Folding
from gradcheck_gan.picture.drawing import Drawing
from gradcheck_gan.picture.labels import drawing_of
from gradcheck_gan.picture.raw import as_autograd_has_it
from gradcheck_gan.picture.shrink import LIMIT, shrink
from gradcheck_gan.picture.walk import slice_of
from gradcheck_gan.picture.wish import USUAL, Wish, near
from gradcheck_gan.run import Run

# Who asks for operations gets each of them, as long as a person can find his way among them.
MOST_BOXES = 200


def assembled(run: Run, report: Report, choice: Choice, wish: Wish = USUAL) -> Drawing:
    folding = folded(run, report, choice, wish)
    drawing = drawing_of(folding, choice)
    if wish.view == "raw":
        return as_autograd_has_it(drawing, folding)
    return near(drawing, wish.around) if wish.around else drawing


def folded(run: Run, report: Report, choice: Choice, wish: Wish = USUAL) -> Folding:
    culprits = _culprits(report, choice)
    folding = Folding(
        run,
        choice.event,
        slice_of(run, choice.event, frozenset(culprits)),
        culprits,
        parameter_players(run, report),
        _named(report) if wish.judged else None,
        expected=frozenset(choice.belongs_to),
        around=wish.around,
        unfolded=wish.view != "module",
    )
    folding.fold()
    if wish.is_default or len(folding.boxes) > MOST_BOXES:
        limit = LIMIT if wish.view == "module" else MOST_BOXES
        folding.bundles = shrink(folding.boxes, folding.bundles, limit)
    return folding


def _named(report: Report) -> frozenset[tuple[str, int]]:
    return frozenset((one.path, one.line) for f in report.findings for one in f.places)


def _culprits(report: Report, choice: Choice) -> dict[tuple[str, int], str]:
    """Line to code; where findings share a line, that of the choice, else the worst of all."""
    first = choice.finding or first_finding(report)
    findings = report.findings if first is None else (first, *report.findings)
    culprits: dict[tuple[str, int], str] = {}
    for finding in findings:
        culprits.setdefault((finding.location.file, finding.location.line), finding.code)
    return culprits
