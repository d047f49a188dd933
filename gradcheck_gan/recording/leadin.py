"""The steps before the recording begins, or before the second player takes part."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from gradcheck_gan.recording.rounds import PATIENCE, Rounds
from gradcheck_gan.words import counted, listed

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder


class LeadIn:
    """While it lasts, nothing but the number of steps is recorded."""

    def __init__(self, recorder: Recorder, steps: int) -> None:
        self._recorder = recorder
        self._steps = steps

    @property
    def is_over(self) -> bool:
        return self._recorder.skipped >= self._steps

    def here(self) -> bool:
        """Whether this thread will be recorded, and is not yet."""
        return not self.is_over and self._recorder.thread == threading.get_ident()

    def step(self) -> None:
        self._recorder.skipped += 1
        if self.is_over:
            told = counted(self._steps, "step")
            self._recorder.note(f"the first {told} were not watched (--start-after)")
            self._recorder.mode.rejoin()

    def look(self, rounds: Rounds) -> None:
        """Tell of optimizers that the first round no longer waits for."""
        names = self._recorder.names_of(rounds.given_up) if self._recorder.of_script else []
        rounds.given_up = set()
        if names:
            self._recorder.note(
                f"{listed(sorted(names))} had not stepped after {PATIENCE} steps of others, and "
                "was no longer waited for; if it is trained later, skip what comes before with "
                "--start-after N"
            )
