"""Keep standard output for the report alone while a script runs."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import BinaryIO

STDOUT, STDERR = 1, 2


def divert_stdout() -> BinaryIO:
    """Point descriptor 1 at standard error for good; returns the real standard output.

    Children inherit the descriptor, so their output goes the same way, and so does that of exit
    handlers. `sys.stdout` stays the object that it was.
    """
    _flush()
    real = os.fdopen(_duplicate(STDOUT), "wb")
    target = _duplicate(STDERR)
    # Children have to inherit it, as they do any standard stream.
    os.dup2(target, STDOUT, inheritable=True)
    os.close(target)
    return real


def _duplicate(descriptor: int) -> int:
    try:
        return os.dup(descriptor)
    except OSError:
        # The process was started with this stream closed.
        return os.open(os.devnull, os.O_WRONLY)


def _flush() -> None:
    for stream in (sys.stdout, sys.__stdout__):
        # The script may have closed it, or put anything in its place.
        with suppress(Exception):
            if stream is not None:
                stream.flush()
