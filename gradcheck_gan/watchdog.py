"""End a script that takes too long: ask first, then give up and say where it stands."""

from __future__ import annotations

import _thread
import os
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from functools import cache
from types import FrameType
from typing import Literal

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_LIBRARY = tuple({os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "platstdlib")})
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
GRACE = 5.0


class Watchdog:
    """Watches while it is entered; a timeout of 0 never runs out.

    After `timeout` seconds `request_stop("timeout")` is called, and `grace` seconds later `give_up`
    with a line for every thread; both in the watching thread.
    """

    def __init__(
        self,
        timeout: float,
        request_stop: Callable[[Literal["timeout"]], None],
        give_up: Callable[[list[str]], None],
        grace: float = GRACE,
    ) -> None:
        self._timeout = timeout
        self._request_stop = request_stop
        self._give_up = give_up
        self._grace = grace
        self._folder = _here()
        self._cancelled = _taken_lock()
        self._finished = _taken_lock()
        self._owner: int | None = None

    def __enter__(self) -> Watchdog:
        if self._timeout > 0:
            self._owner = os.getpid()
            # A `threading.Thread` would stand in the script's `threading.enumerate()`.
            _thread.start_new_thread(self._watch, ())
        return self

    def __exit__(self, *exception: object) -> None:
        # A forked child has no watching thread to wait for.
        if self._owner == os.getpid():
            self._cancelled.release()
            self._finished.acquire()

    def _watch(self) -> None:
        deadline = time.monotonic() + self._timeout
        try:
            if self._is_cancelled_by(deadline):
                return
            self._request_stop("timeout")
            if not self._is_cancelled_by(deadline + self._grace):
                self._give_up(standing(self._folder))
        finally:
            self._finished.release()

    def _is_cancelled_by(self, deadline: float) -> bool:
        left = min(max(deadline - time.monotonic(), 0), threading.TIMEOUT_MAX)
        return self._cancelled.acquire(timeout=left)


def standing(folder: str) -> list[str]:
    """Where every thread but this one stands; paths inside `folder` are relative to it."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    lines = []
    for ident, frame in sys._current_frames().items():
        if ident != threading.get_ident() and not _is_our_own(frame):
            name = names.get(ident, f"thread {ident}")
            lines.append(f"{name} stands at {place_of(frame, folder)}")
    return sorted(lines)


def _is_our_own(frame: FrameType | None) -> bool:
    """Whether a thread runs nothing but code of ours."""
    while frame is not None:
        if not frame.f_code.co_filename.startswith(os.path.join(_PACKAGE, "")):
            return False
        frame = frame.f_back
    return True


def place_of(innermost: FrameType, folder: str) -> str:
    """The innermost line of the user's."""
    frame: FrameType | None = innermost
    while frame is not None and not is_users(frame.f_code.co_filename):
        frame = frame.f_back
    shown = frame or innermost
    file = shown.f_code.co_filename
    if folder and file.startswith(os.path.join(folder, "")):
        file = os.path.relpath(file, folder)
    return f"{file.replace(os.sep, '/')}:{shown.f_lineno} in {shown.f_code.co_name}"


@cache
def is_users(file: str) -> bool:
    ours = file.startswith(os.path.join(_PACKAGE, ""))
    library = file.startswith(("<", *_LIBRARY)) or any(part in file for part in _INSTALLED)
    return not (ours or library)


def _taken_lock() -> _thread.LockType:
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock


def _here() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""
