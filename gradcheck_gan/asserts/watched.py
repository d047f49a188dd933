"""A test that runs inside a recording, and what can be told of it when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from gradcheck_gan.analysis.players import find_players
from gradcheck_gan.asserts.supposing import explanation
from gradcheck_gan.finding import Finding
from gradcheck_gan.picture import PictureError
from gradcheck_gan.recording.library import Recording
from gradcheck_gan.report import text
from gradcheck_gan.report.sentences import extent
from gradcheck_gan.results import Report
from gradcheck_gan.run import Backward, Run, Step
from gradcheck_gan.words import counted

MOST_FINDINGS = 3


class WatchedTest:
    """What the fixture `gradient_flow` gives: the record of the test so far."""

    def __init__(self, name: str) -> None:
        self._recording = Recording(name, None)
        self._recording.__enter__()
        self._is_open = True
        self.run: Run | None = None

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._recording.__exit__(None, None, None)

    def report(self) -> Report:
        """The report of the command line, on what the test has run until now."""
        return Report.of(self.run or self._recording.run())

    def told(self, report: Report) -> str:
        """What a failing test shows: the lines at fault, or that none was found."""
        return _told(report)

    def note_failure(self, traceback: TracebackType | None) -> None:
        """Take the names from where the test stopped, and what was recorded until then."""
        scopes = []
        while traceback is not None:
            frame = traceback.tb_frame
            scopes += [dict(frame.f_locals), frame.f_globals]
            traceback = traceback.tb_next
        if self._is_open:
            self._recording.name(reversed(scopes))
            self.run = self._recording.run()


def _told(report: Report) -> str:
    found = [finding for finding in report.findings if finding.severity != "note"]
    if not found and report.run is not None:
        found = list(unreached(report.run))
    if found:
        shown = [text.brief(finding) for finding in found[:MOST_FINDINGS]]
        more = len(found) - len(shown)
        return "\n\n".join([*shown, *([f"and {more} more"] if more else [])])
    passes = sum(entry.count for entry in report.flow)
    seen = f"{counted(passes, 'backward pass')}, {extent(report.outcome)}"
    return f"No fault was found in what this test ran ({seen})."


def unreached(run: Run) -> Iterator[Finding]:
    """Where nothing steps: why a network got nothing from any backward pass."""
    if any(isinstance(event, Step) for event in run.events):
        return
    passes = [e for e in run.events if isinstance(e, Backward) and e.kind == "backward"]
    got = {p for e in passes for p, deposit in e.deposits.items() if not deposit.zero}
    for player in find_players(run):
        if player.parameters & got:
            continue
        for event in reversed(passes):
            found = explanation(run, event, player.name, player.parameters)
            if found is not None and found.code != "GG109":
                yield found
                break


def save(report: Report, folder: Path, name: str) -> list[Path]:
    """Report and picture, as far as there is something to draw."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for suffix in (".txt", ".json", ".svg"):
        path = folder / f"{name}{suffix}"
        try:
            report.save(path)
        except PictureError:
            continue
        written.append(path)
    return written
