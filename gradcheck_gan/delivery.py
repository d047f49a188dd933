"""From a recorded run to everything that was asked of it: checked, rendered, written."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from gradcheck_gan import baseline, ignores, output, report, stored, terminal
from gradcheck_gan.baseline import Known
from gradcheck_gan.condensing import condensed
from gradcheck_gan.exits import FAILED, INTERRUPTED, FailOn, exit_status, script_failed, unjudged
from gradcheck_gan.finding import Report
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
        return self._guarded(lambda: self.judged(run), run)

    def judged(self, run: Run) -> StoredRun:
        return judged(run, self.check, self.root)

    def present(self, kept: StoredRun) -> int:
        """Deliver a run that was judged before."""
        return self._guarded(lambda: kept, kept.run)

    def _guarded(self, judged: Callable[[], StoredRun], run: Run) -> int:
        from gradcheck_gan.checking import NoMatchError

        try:
            return self._deliver(judged())
        except NoMatchError as error:
            terminal.say(self.terminal, f"Error: {error}\n")
        except Exception as error:
            internal_error(error, self.terminal, f"judging {run.target}")
        terminal.say(self.terminal, f"{ending(run.target, run.outcome)}\n")
        return INTERRUPTED if run.outcome.status == "interrupted" else FAILED

    def _deliver(self, kept: StoredRun) -> int:
        found = self._asked_for(kept)
        new_baseline = baseline.render(found.findings, self.root) if self.baseline else ""
        shown = self._compared(found, new_baseline)
        outputs = self._outputs(kept, shown, new_baseline)
        failures = [failure for make in outputs if (failure := self._failure(make, kept.run))]
        self._hint(kept.run.outcome)
        for failure in failures:
            terminal.say(self.terminal, failure)
        status = exit_status(shown, self.fail_on)
        return FAILED if failures and status != INTERRUPTED else status

    def _outputs(
        self, kept: StoredRun, shown: Report, new_baseline: str
    ) -> Iterator[Callable[[], None]]:
        """Everything that is to be made of a run, each by itself."""
        if self.save is not None:
            yield partial(self._save, kept, self.save)
        if self.baseline is not None:
            yield partial(self._write, self.baseline, new_baseline)
        yield partial(self._show, shown, kept.run)
        for target in self.targets:
            yield partial(self._render, shown, kept.run, target)
        if self.graph is not None:
            yield partial(self._draw, kept.run, shown, self.graph)

    def _failure(self, make: Callable[[], None], run: Run) -> str | None:
        """What is said of an output that could not be made; the others do not suffer from it."""
        from gradcheck_gan.picture import PictureError

        try:
            make()
        except (output.TargetError, PictureError) as error:
            return f"Error: {error}\n"
        except Exception as error:
            return internal_error_of(error, f"reporting on {run.target}")
        return None

    def _save(self, kept: StoredRun, target: output.Target) -> None:
        self._write(target, stored.dump(replace(kept, run=condensed(kept.run))))

    def _render(self, shown: Report, run: Run, target: output.Target) -> None:
        self._write(target, report.render(target.format, shown, self.root, run))

    def _write(self, target: output.Target, content: str) -> None:
        output.write(target, content)
        terminal.say(self.terminal, f"wrote {target.name}\n")

    def _asked_for(self, kept: StoredRun) -> Report:
        """The findings that are asked for, and not silenced by a comment."""
        from gradcheck_gan.checking import codes_in_use, narrowed

        shown = narrowed(kept.report, self.check)
        in_use = frozenset[str]() if unjudged(shown) else codes_in_use(self.check)
        return ignores.heed(shown, kept.ignores, in_use)

    def _compared(self, shown: Report, new_baseline: str) -> Report:
        """The findings that the baseline, old or new, does not know."""
        known = self.known
        if self.baseline is not None:
            known = baseline.read(new_baseline, self.baseline.name)
        return shown if known is None else baseline.compare(shown, known, self.root)

    def _show(self, judged: Report, run: Run) -> None:
        try:
            self._print(judged, run)
        except output.TargetError:
            raise
        except Exception:
            terminal.say(self.terminal, f"{barely(judged)}\n")
            raise

    def _print(self, judged: Report, run: Run) -> None:
        if self.alone is not None:
            output.write_to(self.alone, report.render(self.format, judged, self.root, run))
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


def judged(run: Run, check: CheckOptions, root: Path) -> StoredRun:
    """The run with what all rules find in it."""
    from gradcheck_gan.checking import judge

    report = judge(run, check)
    found = ignores.found(root, files_of(run, report))
    return StoredRun(run, report, found, stored.cited(report, root))


def barely(judged: Report) -> str:
    """What was found and how the script ended, where nothing better can be shown."""
    lines = [f"{f.location}: {f.code} {f.severity}: {f.message}" for f in judged.findings]
    return "\n".join([*lines, ending(judged.target, judged.outcome)])


def files_of(run: Run, judged: Report) -> set[str]:
    """The user's files in which something was seen."""
    places = [event.location for event in run.events]
    places += [call.location for call in run.calls.values()]
    places += [finding.location for finding in judged.findings]
    return {place.file for place in places if place is not None}


def internal_error(error: BaseException, stream: TextIO | None, doing: str) -> None:
    terminal.say(stream or sys.stderr, internal_error_of(error, doing))


def internal_error_of(error: BaseException, doing: str) -> str:
    """One sentence about a fault of our own; the traceback only for who asks for it."""
    shown = "".join(traceback.format_exception(error)) if os.environ.get(DEBUG) == "1" else ""
    what = traceback.format_exception_only(error)[-1].strip()
    return (
        f"{shown}gradcheck-gan itself failed while {doing}: {what}; please report it with the "
        f"traceback that {DEBUG}=1 shows.\n"
    )
