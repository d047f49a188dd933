"""Traps for what ends a process on the spot: `os._exit` and SIGTERM."""

from __future__ import annotations

import functools
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from gradcheck_gan.launch import UsageError

exit_now = os._exit

_Handler = Callable[[int, FrameType | None], None]


@contextmanager
def caught_os_exit(ended: Callable[[int], NoReturn]) -> Iterator[None]:
    """Call `ended` with the exit status before `os._exit` ends the process.

    It stays wrapped after the script: an exit handler that calls it would otherwise replace our
    exit status by its own.
    """
    owner = os.getpid()

    @functools.wraps(exit_now)
    def leave(status: int) -> NoReturn:
        # Forked workers leave this way, too. Anything but a number is python's to refuse.
        if os.getpid() != owner or not isinstance(status, int):
            exit_now(status)
        ended(status & 0xFF)

    os._exit = leave
    try:
        yield
    except UsageError:
        os._exit = exit_now
        raise


@contextmanager
def caught_sigterm(terminated: Callable[[], None], *, stays: bool) -> Iterator[None]:
    """Call `terminated` where SIGTERM would end the process, unless that was started to ignore it.

    It `stays` caught until the process ends where a launcher sends it to all as soon as one fails:
    whoever writes the report then is to finish it.
    """
    main_thread = threading.current_thread() is threading.main_thread()
    if not main_thread or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def terminate(number: int, frame: FrameType | None) -> None:
        terminated()

    signal.signal(signal.SIGTERM, terminate)
    if hasattr(os, "register_at_fork"):
        _give_forks_the_default(terminate)
    try:
        yield
    finally:
        if not stays:
            _restore_default(terminate)


def _give_forks_the_default(handler: _Handler) -> None:
    """Let SIGTERM kill forked children at any moment.

    A child that computes would not come to run a handler, and one that has just begun forgets the
    signal; whoever forked and terminated it would then wait for ever. Blocked, the signal stays
    pending until the child has the default back.
    """
    masks: dict[int, set[signal.Signals | int]] = {}

    def before() -> None:
        if signal.getsignal(signal.SIGTERM) is handler:
            mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
            masks[threading.get_ident()] = set(mask)

    def after() -> None:
        mask = masks.pop(threading.get_ident(), None)
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def in_child() -> None:
        _restore_default(handler)
        after()

    os.register_at_fork(before=before, after_in_parent=after, after_in_child=in_child)


def _restore_default(handler: _Handler) -> None:
    if signal.getsignal(signal.SIGTERM) is handler:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
