"""From a recorded run to everything that was asked of it: checked, rendered, written."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from gradcheck_gan import baseline, ignores, output, report, stored, terminal
from gradcheck_gan.baseline import Known
from gradcheck_gan.exits import FAILED, INTERRUPTED, FailOn, exit_status, script_failed, unjudged
from gradcheck_gan.finding import Report
from gradcheck_gan.folding import folded
from gradcheck_gan.report import text
from gradcheck_gan.report.sentences import ending
from gradcheck_gan.run import Outcome, Run
from gradcheck_gan.stored import StoredRun

if TYPE_CHECKING:
    from gradcheck_gan.checking import CheckOptions

DEBUG = "GRADCHECK_GAN_DEBUG"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Called with the run when the script has ended; returns the exit status, as `present` does.

    `alone` is the real standard output where a machine format has it for itself. `root` is the
    folder that the run was started in, which the script may have left. `known` are findings to
    leave out; `baseline` is the file to note down all findings in, which are then known; `save` is
    the file to keep the run in.
    """

    check: CheckOptions
    fail_on: FailOn
    format: str
    targets: Sequence[output.Target]
    graph: output.Target | None
    dot: str | None
    color: terminal.ColorChoice
    root: Path
    terminal: TextIO | None
    known: Sequence[Known] | None = None
    baseline: output.Target | None = None
    save: output.Target | None = None
    hints: Sequence[str] = ()
    alone: BinaryIO | None = None

    def __call__(self, run: Run) -> int:
        from gradcheck_gan.checking import judge

        def judged() -> StoredRun:
            report = judge(run, self.check)
            found = ignores.found(self.root, files_of(run, report))
            return StoredRun(run, report, found, stored.cited(report, self.root))

        return self._guarded(judged, run)

    def present(self, kept: StoredRun) -> int:
        """Deliver a run that was judged before."""
        return self._guarded(lambda: kept, kept.run)

    def _guarded(self, judged: Callable[[], StoredRun], run: Run) -> int:
        from gradcheck_gan.checking import NoMatchError
        from gradcheck_gan.picture import PictureError

        try:
            return self._deliver(judged())
        except (NoMatchError, output.TargetError, PictureError) as error:
            terminal.say(self.terminal, f"Error: {error}\n")
        except Exception as error:
            internal_error(error, self.terminal, f"judging {run.target}")
        terminal.say(self.terminal, f"{ending(run.target, run.outcome)}\n")
        return INTERRUPTED if run.outcome.status == "interrupted" else FAILED

    def _deliver(self, kept: StoredRun) -> int:
        if self.save is not None:
            content = stored.dump(replace(kept, run=folded(kept.run)))
            self._write(self.save, content)
        shown = self._triaged(kept)
        self._show(shown, kept.run)
        for target in self.targets:
            self._write(target, report.render(target.format, shown, self.root, kept.run))
        if self.graph is not None:
            self._draw(kept.run, shown, self.graph)
        self._hint(kept.run.outcome)
        return exit_status(shown, self.fail_on)

    def _write(self, target: output.Target, content: str) -> None:
        output.write(target, content)
        terminal.say(self.terminal, f"wrote {target.name}\n")

    def _triaged(self, kept: StoredRun) -> Report:
        """The findings that are asked for, neither silenced by a comment nor known before."""
        from gradcheck_gan.checking import codes_in_use, narrowed

        shown = narrowed(kept.report, self.check)
        in_use = frozenset[str]() if unjudged(shown) else codes_in_use(self.check)
        shown = ignores.heed(shown, kept.ignores, in_use)
        known = self.known
        if self.baseline is not None:
            content = baseline.render(shown.findings, self.root)
            self._write(self.baseline, content)
            known = baseline.read(content, self.baseline.name)
        return shown if known is None else baseline.compare(shown, known, self.root)

    def _show(self, judged: Report, run: Run) -> None:
        if self.alone is not None:
            self.alone.write(report.render(self.format, judged, self.root, run).encode())
            self.alone.flush()
        elif self.format == "text":
            color = terminal.colored(self.color, self.terminal, os.environ)
            width = terminal.width(self.terminal)
            rendered = text.render(judged, color=color, width=width, root=self.root)
            terminal.say(self.terminal, f"\n{rendered}")

    def _draw(self, run: Run, judged: Report, target: output.Target) -> None:
        from gradcheck_gan.picture import write_graph

        drawn = write_graph(run, judged, target.path, self.dot)
        terminal.say(self.terminal, f"wrote {target.name}: {drawn}\n")

    def _hint(self, outcome: Outcome) -> None:
        if script_failed(outcome) and not outcome.steps:
            for hint in self.hints:
                terminal.say(self.terminal, f"{hint}\n")


def files_of(run: Run, judged: Report) -> set[str]:
    """The user's files in which something was seen."""
    places = [event.location for event in run.events]
    places += [call.location for call in run.calls.values()]
    places += [finding.location for finding in judged.findings]
    return {place.path for place in places if place is not None}


def internal_error(error: BaseException, stream: TextIO | None, doing: str) -> None:
    """One sentence about a fault of our own; the traceback only for who asks for it."""
    stream = stream or sys.stderr
    if os.environ.get(DEBUG) == "1":
        terminal.say(stream, "".join(traceback.format_exception(error)))
    what = traceback.format_exception_only(error)[-1].strip()
    terminal.say(
        stream,
        f"gradcheck-gan itself failed while {doing}: {what}; please report it with the traceback "
        f"that {DEBUG}=1 shows.\n",
    )
