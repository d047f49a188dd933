"""Which thread is recorded: one at a time, handed on while the one before waits."""

from __future__ import annotations

import queue
import selectors
import sys
import threading
from concurrent.futures import _base, thread
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from gradcheck_gan.recording.instrument import watched
from gradcheck_gan.recording.mode import RecordingMode

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder

_WAITING = frozenset(module.__file__ for module in (threading, queue, selectors, _base, thread))
"""Where a thread stands, in Python, that waits for another one."""


class Threads:
    """Every thread of Python's gets a mode of its own, but only one mode records."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._modes: dict[int, RecordingMode] = {}
        self._first: int | None = None

    def install(self, stack: ExitStack) -> None:
        self._first = threading.get_ident()
        self._modes[self._first] = self._recorder.mode
        bootstrap: Any = vars(threading.Thread)["_bootstrap_inner"]
        stack.enter_context(watched(bootstrap, self))

    def begin(self, thread: threading.Thread) -> RecordingMode:
        mode = RecordingMode(self._recorder)
        mode.__enter__()  # type: ignore[no-untyped-call]
        self._modes[threading.get_ident()] = mode
        return mode

    def end(self, mode: RecordingMode, result: Any) -> Any:
        self.failed(mode)
        return result

    def failed(self, mode: RecordingMode) -> None:
        self._modes.pop(threading.get_ident(), None)
        mode.leave()
        if self._recorder.mode is mode and self._first is not None:
            self._record(self._first)

    def taken_over(self) -> bool:
        """Record this thread from here on, where a player runs, if the recorded one waits."""
        recorder = self._recorder
        recorded, here = recorder.thread, threading.get_ident()
        if recorded is None or recorder.paused or here not in self._modes:
            return False
        frame = sys._current_frames().get(recorded)
        if frame is not None and frame.f_code.co_filename not in _WAITING:
            return False
        self._record(here)
        return True

    def _record(self, ident: int) -> None:
        recorder = self._recorder
        if recorder.thread is not None:
            recorder.thread, recorder.mode = ident, self._modes[ident]
            recorder.graph.call = None

    def unseen(self, optimizer: Any) -> None:
        """Said once: a step of a thread that could not be recorded."""
        if self._recorder.thread is not None and not self._recorder.lead_in.here():
            self._recorder.note(
                f"{type(optimizer).__name__} stepped in {threading.current_thread().name}, a "
                "thread that ran beside the one that was recorded; what it trains was not judged"
            )
