"""What library calls give back and raise: a report that shows and saves itself, an assertion."""

from __future__ import annotations

import html
import os
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from gradcheck_gan import finding, ignores, output, report, terminal
from gradcheck_gan.exits import unjudged
from gradcheck_gan.finding import SEVERITIES, Severity
from gradcheck_gan.report import text
from gradcheck_gan.report.sentences import cannot_judge
from gradcheck_gan.run import Run

if TYPE_CHECKING:
    from gradcheck_gan.checking import CheckOptions


SANDBOX = 'sandbox="allow-scripts"'
"""The page may run its script, and reach nothing of the notebook around it."""


class GradientFlowError(AssertionError):
    """The gradient does not flow as was asserted; `report` is what was recorded, if anything."""

    def __init__(self, message: str, report: Report | None = None) -> None:
        super().__init__(message)
        self.report = report

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.report)


# As users write it; the module is our affair.
GradientFlowError.__module__ = "gradcheck_gan"


@dataclass(frozen=True, slots=True)
class Report(finding.Report):
    """The report of the command line; `run` is everything that was recorded."""

    run: Run | None = field(default=None, repr=False)

    @classmethod
    def of(cls, run: Run, options: CheckOptions | None = None) -> Report:
        """The run judged by the rules, without what ignore comments in its files silence."""
        from gradcheck_gan.checking import CheckOptions, check

        judged = check(run, options or CheckOptions())
        places = [each.location.file for each in judged.findings]
        judged = ignores.heed(judged, ignores.found(Path.cwd(), places), frozenset())
        held = {each.name: getattr(judged, each.name) for each in fields(finding.Report)}
        return cls(**held, run=run)

    def __str__(self) -> str:
        return text.render(self)

    def show(self) -> None:
        """Print the report, in colour on a terminal."""
        color = terminal.colored("auto", sys.stdout, os.environ)
        shown = text.render(self, color=color, width=terminal.width(sys.stdout))
        terminal.say(sys.stdout, shown)

    def _repr_html_(self) -> str:
        """The page, in a frame of its own: a notebook's styles and scripts stay apart from ours."""
        page = html.escape(report.render("html", self, run=self.run))
        look = 'width="100%" height="900" style="border: 0"'
        return (
            f'<iframe title="{html.escape(self.target)}" {look} srcdoc="{page}" {SANDBOX}></iframe>'
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report, or its picture, in the format that the file's ending names.

        Raises ValueError for an ending that names none, `output.TargetError` where nothing can be
        written, and `picture.PictureError` where there is nothing to draw.
        """
        name = os.fspath(path)
        suffix = Path(name).suffix.lower()
        if suffix in report.SUFFIXES:
            target = output.report_target(name)
            output.write(target, report.render(target.format, self, run=self.run))
        else:
            self._save_picture(name, suffix)

    def _save_picture(self, name: str, suffix: str) -> None:
        from gradcheck_gan import picture

        try:
            picture.check_target(Path(name), None)
        except picture.PictureError as error:
            known = " ".join(report.SUFFIXES)
            raise ValueError(f"a report is written as {known}, its picture so: {error}") from None
        if self.run is None:
            raise picture.PictureError("this report holds no recorded run to draw.")
        picture.write_graph(self.run, self, Path(name), None)

    def raise_on(self, severity: Severity = "error") -> None:
        """Raise GradientFlowError for a finding as severe as this, or if nothing was judged."""
        __tracebackhide__ = True
        if severity not in SEVERITIES:
            raise ValueError(f"{severity!r} is no severity; use one of {', '.join(SEVERITIES)}.")
        counted = SEVERITIES[: SEVERITIES.index(severity) + 1]
        if any(each.severity in counted for each in self.findings):
            raise GradientFlowError(str(self), self)
        reason = unjudged(self)
        if reason in ("no-pass", "no-step"):
            raise GradientFlowError(cannot_judge(self, reason), self)
