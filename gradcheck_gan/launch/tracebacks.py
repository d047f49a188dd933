"""Take our own frames out of tracebacks that the user sees."""

from __future__ import annotations

import builtins
import os
from collections.abc import Iterator
from types import TracebackType
from typing import Any

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
# What a script imports and calls by itself is part of its program, and python shows it.
_CALLED_BY_SCRIPTS = (f"{_PACKAGE}estimators.py", f"{_PACKAGE}testing.py")
# Python 3.10 has no groups.
_GROUP: Any = getattr(builtins, "BaseExceptionGroup", ())
_DISPATCHER = os.path.join("torch", "overrides.py")


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
        if not _is_ours(traceback):
            kept.append(traceback)
        elif kept and _is_dispatch(kept[-1]):
            # A function written in Python reaches a function mode by two frames, its own and
            # the dispatcher's, and is then called once more; without the mode it is there once.
            del kept[-2:]
        traceback = traceback.tb_next
    result: TracebackType | None = None
    for entry in reversed(kept):
        result = TracebackType(result, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return result


def _is_ours(entry: TracebackType) -> bool:
    file = entry.tb_frame.f_code.co_filename
    return file.startswith(_PACKAGE) and not file.startswith(_CALLED_BY_SCRIPTS)


def _is_dispatch(entry: TracebackType) -> bool:
    code = entry.tb_frame.f_code
    return code.co_name == "handle_torch_function" and code.co_filename.endswith(_DISPATCHER)
