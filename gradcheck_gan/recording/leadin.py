"""The steps before the recording begins, or before the second player takes part."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from gradcheck_gan.recording.keys import Key
from gradcheck_gan.recording.rounds import PATIENCE, Rounds
from gradcheck_gan.run import Backward, Step
from gradcheck_gan.words import counted, listed

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder

LONG = 20
"""Steps of one player alone that are recorded; a critic trains for fewer between two steps of a
generator, but for the first few of some programs."""


class LeadIn:
    """While it lasts, nothing but steps is recorded.

    It comes first where --start-after asks for it; and where one player has stepped many times and
    another is still to come. What was recorded of that is kept for the case that nobody comes.
    """

    def __init__(self, recorder: Recorder, steps: int) -> None:
        self._recorder = recorder
        self._steps = steps
        self._alone: Key | None = None
        self._was_alone = False
        self._just_over = False

    def begin(self) -> None:
        if not self.is_over:
            self._recorder.mode.leave()

    @property
    def is_over(self) -> bool:
        return self._alone is None and self._recorder.skipped >= self._steps

    def here(self) -> bool:
        """Whether this thread will be recorded, and is not yet."""
        return not self.is_over and self._recorder.thread == threading.get_ident()

    def step(self, optimizer: Any) -> None:
        if self._alone is not None:
            self._step_of_one(optimizer, self._alone)
            return
        self._recorder.skipped += 1
        if self.is_over:
            told = counted(self._steps, "step")
            self._recorder.note(f"the first {told} were not watched (--start-after)")
            self._end()

    def count(self, key: Key, living: set[Key], event: Step, *, beside: bool) -> None:
        """A step that was recorded; rest where it was one of many of the same player."""
        rounds, last = self._recorder.rounds_counted, self._recorder.history.last_pass
        block = last.order if last is not None else 0
        empty = set(event.gradients.values()) <= {"none", "zero"}
        rounds.step(key, living, block=block, skipped=event.skipped, empty=empty, beside=beside)
        self._tell(rounds)
        alone = rounds.alone()
        long = rounds.steps >= LONG and rounds.stop is None
        if alone is not None and long and not self._was_alone:
            self._alone, self._was_alone = alone, True
            self._recorder.mode.leave()

    def _step_of_one(self, optimizer: Any, alone: Key) -> None:
        recorder = self._recorder
        rounds = recorder.rounds_counted
        key = recorder.keys.of(optimizer)
        if key.player == alone.player:
            rounds.wait()
            if rounds.stop is not None:
                self._nobody_came(rounds.steps)
            return
        recorder.note(
            f"{self._name(alone)} stepped {counted(rounds.steps, 'time')} before any other; what "
            "came before that is not judged"
        )
        self._alone = None
        rounds.restart()
        recorder.history.forget()
        recorder.engine.forget()
        recorder.dropped.forget()
        self._end()

    def _nobody_came(self, steps: int) -> None:
        if self._recorder.of_script and self._alone is not None:
            self._recorder.note(
                f"nobody else stepped within {steps} steps of {self._name(self._alone)}, of "
                f"which the first {LONG} are judged; if others are trained later, raise "
                "--max-steps, or skip what comes before with --start-after N"
            )

    def _name(self, key: Key) -> str:
        return " and ".join(self._recorder.keys.names({key})) or "one player"

    def _end(self) -> None:
        self._just_over = True
        self._recorder.mode.rejoin()

    def is_remainder(self) -> bool:
        """Whether a step, though watched, belongs to passes that were not."""
        if self._just_over:
            events = self._recorder.history.events
            self._just_over = not any(isinstance(event, Backward) for event in events)
        return self._just_over

    def _tell(self, rounds: Rounds) -> None:
        """Tell of optimizers that the first round no longer waits for."""
        names = self._recorder.keys.names(rounds.given_up) if self._recorder.of_script else []
        rounds.given_up = set()
        if names:
            self._recorder.note(
                f"{listed(sorted(names))} had not stepped after {PATIENCE} steps of others, and "
                "was no longer waited for; if it is trained later, skip what comes before with "
                "--start-after N"
            )
