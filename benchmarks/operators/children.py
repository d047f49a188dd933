"""Functions run in forked children of a process that has torch: one crash, one row."""

from __future__ import annotations

import os
import pickle
import select
import signal
import time
import traceback
from collections.abc import Callable
from typing import Any


class LostError(Exception):
    """The child ended, or had to be ended, without an answer."""


def in_child(function: Callable[..., Any], *arguments: Any, timeout: float = 120.0) -> Any:
    """What the function returns. Raises `LostError`, with the child's traceback if it raised."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _answer(writer, function, arguments)
    os.close(writer)
    received = _received(reader, time.monotonic() + timeout)
    if received is None:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if received is None:
        raise LostError(f"no answer within {timeout:g} s")
    if not received:
        raise LostError(f"the process ended with status {os.waitstatus_to_exitcode(status)}")
    fine, answer = pickle.loads(received)
    if not fine:
        raise LostError(answer)
    return answer


def _answer(writer: int, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Sends what comes of the function; never returns."""
    try:
        answer = (True, function(*arguments))
    except BaseException:
        answer = (False, traceback.format_exc())
    with open(writer, "wb") as stream:
        stream.write(pickle.dumps(answer))
    os._exit(0)


def _received(reader: int, deadline: float) -> bytes | None:
    """Everything until the other end closes, None when that takes too long."""
    received = b""
    with open(reader, "rb", buffering=0) as stream:
        while select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0]:
            part = stream.read(65536)
            if not part:
                return received
            received += part
    return None
