"""Keep standard output for the report alone while a script runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

STDOUT, STDERR = 1, 2


@contextmanager
def stdout_to_stderr() -> Iterator[BinaryIO]:
    """Point descriptor 1 at standard error; yields the real standard output.

    Children inherit the descriptor, so their output goes the same way. `sys.stdout` stays the
    object that it was. What the script prints after the end of this block goes to the real
    standard output again.
    """
    owner = os.getpid()
    with divert_stdout() as real:
        try:
            yield real
        finally:
            # A forked child that comes by here is still the script: it must not write there.
            if os.getpid() == owner:
                _flush()
                os.dup2(real.fileno(), STDOUT)


def divert_stdout() -> BinaryIO:
    """The same for good: for a process that ends with the script, exit handlers included."""
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
