"""Ctrl-C while torch is being imported."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from gradcheck_gan.exits import INTERRUPTED


@contextmanager
def interrupts_end_the_process() -> Iterator[None]:
    """End at once, with nothing begun that could be lost.

    Libraries swallow a KeyboardInterrupt that reaches them half imported, or turn it into an error
    of their own. A process that was started to ignore Ctrl-C goes on ignoring it.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def leave(number: int, frame: FrameType | None) -> NoReturn:
        os._exit(INTERRUPTED)

    signal.signal(signal.SIGINT, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
