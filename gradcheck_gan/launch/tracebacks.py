"""Take our own frames out of tracebacks that the user sees."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from gradcheck_gan.ours import is_dispatch, is_ours

# Python 3.10 has no groups.
_GROUP: Any = getattr(builtins, "BaseExceptionGroup", ())


def strip_ours(error: BaseException) -> None:
    """Shorten the tracebacks of an exception and of all that it is linked to."""
    for each in linked(error):
        each.__traceback__ = _stripped(each.__traceback__)


def linked(error: BaseException) -> Iterator[BaseException]:
    """The exception, its causes and contexts, and the members of groups, each once."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, _GROUP):
            pending += each.exceptions
        pending += (each.__cause__, each.__context__)


def _stripped(traceback: TracebackType | None) -> TracebackType | None:
    kept: list[TracebackType] = []
    while traceback is not None:
        if not is_ours(traceback.tb_frame.f_code):
            kept.append(traceback)
        elif kept and is_dispatch(kept[-1].tb_frame.f_code):
            del kept[-2:]
        traceback = traceback.tb_next
    result: TracebackType | None = None
    for entry in reversed(kept):
        result = TracebackType(result, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return result
