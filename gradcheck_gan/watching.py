"""`watch`: a long run recorded for a few rounds now and then, and at once where it changes."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from types import FrameType
from typing import TYPE_CHECKING, Any

from gradcheck_gan.finding import Finding
from gradcheck_gan.results import Report
from gradcheck_gan.run import Event, Freeze, Outcome, Run, Step

if TYPE_CHECKING:
    from gradcheck_gan.recording.library import Recording

LOGGER = logging.getLogger("gradcheck_gan")
OFTEN = 32
"""Changes that are looked into; a loop that never does the same thing twice is left alone then."""


def logged(finding: Finding) -> None:
    """Write a finding to the log `gradcheck_gan`, errors as errors."""
    level = {"error": logging.ERROR, "warning": logging.WARNING}.get(finding.severity, logging.INFO)
    LOGGER.log(
        level, "%s: %s %s: %s", finding.location, finding.code, finding.name, finding.message
    )


def watch(
    *,
    every: int = 200,
    rounds: int = 2,
    on_finding: Callable[[Finding], object] = logged,
    scalars: Callable[[str, float, int], object] | None = None,
    target: str = "watch",
) -> Watcher:
    """Watch a training loop: `with watch() as watcher: train()`.

    `rounds` rounds are recorded and judged soon after the start, then again after every `every`
    rounds, and whenever a step differs from all before in its passes or in which gradients were
    there. Between them hardly anything is done. `on_finding` is called once for each new finding,
    in the training thread; by default it is logged. `scalars(name, value, round)` gets the flow
    matrix, as the share of a player's parameters that a pass gave a gradient, such as
    `writer.add_scalar` of TensorBoard. Recording begins at calls of `zero_grad` or `backward`, in
    the thread that entered.

    Raises ValueError for counts below 1.
    """
    if every < 1 or rounds < 1:
        raise ValueError(f"every={every} and rounds={rounds}: both must be at least 1.")
    return Watcher(every, rounds, on_finding, scalars, target)


class Watcher:
    """What `watch` gives; `close` leaves nothing behind, and is what the end of `with` calls."""

    def __init__(
        self,
        every: int,
        rounds: int,
        on_finding: Callable[[Finding], object],
        scalars: Callable[[str, float, int], object] | None,
        target: str,
    ) -> None:
        self._every = every
        self._rounds = rounds
        self._on_finding = on_finding
        self._scalars = scalars
        self._target = target
        self._boundaries: Any = None
        self._recording: Recording | None = None
        self._began = 0
        self._next = 1  # by then every optimizer has been seen
        self._changes = 0
        self._found: dict[tuple[object, ...], Finding] = {}
        self._last: Report | None = None
        self._done = (0, 0)

    def __enter__(self) -> Watcher:
        from gradcheck_gan.recording.boundaries import Boundaries

        if self._boundaries is not None:
            raise RuntimeError("this watcher is already watching; make another one.")
        self._boundaries = Boundaries(self._at_boundary)
        self._boundaries.install()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop watching; what was recorded last is judged as far as it goes."""
        if self._boundaries is None:
            return
        try:
            self._finish()
        finally:
            self._done = self._progress()
            self._boundaries.close()
            self._boundaries = None

    def report(self) -> Report:
        """Everything found so far, with players and flow as they were recorded last."""
        rounds, steps = self._progress()
        outcome = Outcome("complete", rounds=rounds, steps=steps)
        last = self._last or Report.of(Run(self._target, outcome))
        return replace(last, outcome=outcome, findings=tuple(self._found.values()))

    def _progress(self) -> tuple[int, int]:
        if self._boundaries is None:
            return self._done
        return self._boundaries.rounds, self._boundaries.total

    def _at_boundary(self, frame: FrameType) -> None:
        """Whatever goes wrong here is no business of the training."""
        try:
            self._look(frame)
        except Exception:
            LOGGER.exception("watching failed inside gradcheck-gan, and has ended")
            self._next, self._changes = sys.maxsize, OFTEN
            recording, self._recording = self._recording, None
            if recording is not None:
                recording.__exit__(None, None, None)

    def _look(self, frame: FrameType) -> None:
        if self._recording is not None:
            if self._recording.recorder.rounds > self._rounds:
                self._finish(frame)
            return
        boundaries = self._boundaries
        changed = boundaries.is_new and self._changes < OFTEN
        if boundaries.rounds >= self._next or changed:
            self._changes += changed and boundaries.rounds < self._next
            self._begin(frame)

    def _begin(self, frame: FrameType) -> None:
        from gradcheck_gan.recording.library import Recording
        from gradcheck_gan.recording.nesting import under_way

        if under_way() is not None:
            return  # the whole script is being recorded already
        self._began = self._boundaries.rounds
        self._recording = Recording(self._target, frame)
        self._recording.__enter__()
        self._recording.expect(self._boundaries.active())

    def _finish(self, frame: FrameType | None = None) -> None:
        recording, self._recording = self._recording, None
        if recording is None:
            return
        recorder = recording.recorder
        with recorder.pausing():
            recording.names.survey(frame or sys._getframe())
        run = recorder.run(Outcome("complete", rounds=recorder.rounds, steps=recorder.steps))
        recording.__exit__(None, None, None)
        self._next = self._boundaries.rounds + self._every
        self._boundaries.is_new = False
        if recorder.rounds > 1:
            self._judge(_whole_rounds(run, recorder.rounds))

    def _judge(self, run: Run) -> None:
        report = self._last = Report.of(run)
        for finding in report.findings:
            key = (finding.code, finding.location.path, finding.location.line, finding.player)
            known = self._found.get(key)
            late = replace(
                finding,
                first_round=known.first_round if known else finding.first_round + self._began,
                last_round=finding.last_round + self._began,
                count=finding.count + (known.count if known else 0),
            )
            self._found[key] = late
            if known is None:
                _call(self._on_finding, late)
        for name, value in _shares(report) if self._scalars is not None else ():
            _call(self._scalars, name, value, self._boundaries.rounds)


def _call(function: Callable[..., object] | None, *arguments: object) -> None:
    """A callback that fails must not end a training of days."""
    try:
        assert function is not None
        function(*arguments)
    except Exception:
        LOGGER.exception("a callback of watch failed")


def _whole_rounds(run: Run, closed: int) -> Run:
    """Without the first round, of which the beginning was not seen, and without the unfinished."""
    events: list[Event] = []
    for event in run.events:
        if isinstance(event, Freeze):
            events.append(event)
        elif 1 < event.round <= closed:
            events.append(replace(event, round=event.round - 1))
    steps = sum(isinstance(event, Step) for event in events)
    outcome = replace(run.outcome, rounds=closed - 1, steps=steps)
    return replace(run, events=tuple(events), outcome=outcome)


def _shares(report: Report) -> list[tuple[str, float]]:
    shares = []
    for flow in report.flow:
        for player, reach in flow.reach.items():
            counts = [getattr(reach, each.name) for each in fields(reach)]
            name = f"gradcheck/{flow.location}/{player}"
            shares.append((name, reach.flows / max(sum(counts), 1)))
    return shares
