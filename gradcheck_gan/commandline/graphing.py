"""From a run to one picture, for the command that draws alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from gradcheck_gan import ignores, output, terminal
from gradcheck_gan.delivery import files_of, internal_error
from gradcheck_gan.exits import FAILED, INTERRUPTED
from gradcheck_gan.finding import Report
from gradcheck_gan.picture import PictureError, draw, write_drawing
from gradcheck_gan.picture.wish import Wish
from gradcheck_gan.run import Run
from gradcheck_gan.stored import StoredRun

if TYPE_CHECKING:
    from gradcheck_gan.checking import CheckOptions


@dataclass(frozen=True, slots=True)
class Graphing:
    """Called with the run when the script has ended; returns the exit status, as `present` does."""

    check: CheckOptions
    target: output.Target
    dot: str | None
    wish: Wish
    root: Path
    terminal: TextIO | None

    def __call__(self, run: Run) -> int:
        from gradcheck_gan.checking import NoMatchError

        try:
            return self.present(self.judged(run))
        except NoMatchError as error:
            return self._failed(f"Error: {error}")
        except Exception as error:
            internal_error(error, self.terminal, f"judging {run.target}")
            return FAILED

    def judged(self, run: Run) -> StoredRun:
        from gradcheck_gan.checking import judge

        report = judge(run, self.check)
        return StoredRun(run, report, ignores.found(self.root, files_of(run, report)))

    def present(self, kept: StoredRun) -> int:
        """Draw a run that was judged before."""
        return self._drawn(kept.run, kept.report, kept.ignores)

    def _drawn(self, run: Run, report: Report, silenced: tuple[ignores.Ignore, ...]) -> int:
        from gradcheck_gan.checking import narrowed

        shown = ignores.heed(narrowed(report, self.check), silenced, frozenset())
        try:
            told = write_drawing(draw(run, shown, self.wish), self.target.path, self.dot)
        except PictureError as error:
            return self._failed(f"Error: {error}")
        terminal.say(self.terminal, f"wrote {self.target.name}: {told}\n")
        return INTERRUPTED if run.outcome.status == "interrupted" else 0

    def _failed(self, sentence: str) -> int:
        terminal.say(self.terminal, f"{sentence}\n")
        return FAILED
