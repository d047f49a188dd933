"""One line on a terminal that says how far an inspection has come."""

from __future__ import annotations

import time
from typing import Protocol, TextIO

from gradcheck_gan import terminal
from gradcheck_gan.words import counted, listed

PERIOD = 0.2
_ERASED = "\r\x1b[K"


class Reached(Protocol):
    @property
    def rounds(self) -> int: ...

    @property
    def steps(self) -> int: ...

    @property
    def skipped(self) -> int: ...

    @property
    def waited_for(self) -> tuple[str, ...]: ...


class ProgressLine:
    """Written anew as steps are made, and taken away at the end; nothing where no terminal is.

    The cursor is left at its start, so that whatever the script prints takes its place.
    """

    def __init__(self, stream: TextIO | None, rounds: int, start_after: int) -> None:
        self._stream = stream if terminal.is_terminal(stream) else None
        self._rounds = rounds
        self._start_after = start_after
        self._next = 0.0

    def show(self, reached: Reached) -> None:
        now = time.monotonic()
        if self._stream is None or now < self._next:
            return
        self._next = now + PERIOD
        text = f"gradcheck-gan: {self.told(reached)}"
        width = terminal.width(self._stream) - 1
        terminal.say(self._stream, f"{_ERASED}{text[:width]}\r")

    def told(self, reached: Reached) -> str:
        """The phase, the steps so far, and who is waited for."""
        if reached.skipped < self._start_after:
            return f"skipping ahead, {reached.skipped} of {counted(self._start_after, 'step')}"
        if not reached.steps:
            return "running, no step so far"
        closed = min(reached.rounds + 1, self._rounds)
        waiting = reached.waited_for
        awaited = f", waiting for {listed(waiting)}" if waiting else ""
        return f"round {closed} of {self._rounds}, {counted(reached.steps, 'step')}{awaited}"

    def clear(self) -> None:
        if self._stream is not None:
            terminal.say(self._stream, _ERASED)
