"""Stacks that a script looks at itself hold its own frames, as they do under plain python."""

from __future__ import annotations

import functools
import inspect
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from gradcheck_gan.ours import LAUNCH, is_dispatch, is_ours

_SUMMARY: Any = traceback.StackSummary
# Python 3.10 has no positions, and reads all stacks with the public method.
_READER = "_extract_from_extended_frame_gen"
if _READER not in vars(_SUMMARY):
    _READER = "extract"


def shown(frames: list[FrameType]) -> set[int]:
    """The positions, in a stack or a traceback, that are there under plain python as well."""
    innermost_first = len(frames) > 1 and frames[0].f_back is frames[1]
    order = range(len(frames)) if innermost_first else reversed(range(len(frames)))
    kept: set[int] = set()
    hidden = 0
    inner_is_ours = False
    for position in order:
        code = frames[position].f_code
        ours = is_ours(code)
        if ours and code.co_filename.startswith(LAUNCH):
            break
        if inner_is_ours and is_dispatch(code):
            hidden = 2
        if not ours and not hidden:
            kept.add(position)
        hidden = max(hidden - 1, 0)
        inner_is_ours = ours
    return kept


@contextmanager
def own_frames_hidden() -> Iterator[None]:
    """Python's own ways of reading a stack skip what is ours, as long as the script runs."""
    show_again = hide_own_frames()
    try:
        yield
    finally:
        show_again()


def hide_own_frames() -> Callable[[], None]:
    """Returns what undoes it."""
    plain_reader: Any = vars(_SUMMARY)[_READER]
    plain_outer, plain_inner = inspect.getouterframes, inspect.getinnerframes

    def read(cls: Any, entries: Iterable[Any], /, **options: Any) -> Any:
        listed = list(entries)
        kept = shown([entry[0] for entry in listed])
        rest = iter([entry for position, entry in enumerate(listed) if position in kept])
        return plain_reader.__func__(cls, rest, **options)

    functools.update_wrapper(read, plain_reader.__func__)
    setattr(_SUMMARY, _READER, classmethod(read))
    inspect.getouterframes = _filtered(plain_outer)
    inspect.getinnerframes = _filtered(plain_inner)

    def show_again() -> None:
        setattr(_SUMMARY, _READER, plain_reader)
        inspect.getouterframes, inspect.getinnerframes = plain_outer, plain_inner

    return show_again


def _filtered(original: Callable[..., Any]) -> Any:
    @functools.wraps(original)
    def listed(*args: Any, **kwargs: Any) -> Any:
        found = original(*args, **kwargs)
        kept = shown([entry.frame for entry in found])
        return [entry for position, entry in enumerate(found) if position in kept]

    return listed


CALLS_COUNT = sys.version_info < (3, 12)
"""Whether python counts calls of functions written in C, too, towards its recursion limit."""


def frames_below() -> int:
    """How much of the recursion limit lies below whatever the caller calls next."""
    try:
        sys.setrecursionlimit(1)
    except RecursionError as error:  # it says at which depth it was called
        told = re.search(r"depth (\d+)", str(error))
        if told:
            return int(told[1]) - CALLS_COUNT - 1
    return len(inspect.stack(0)) - 1


@contextmanager
def stack_discounted(depth: int) -> Iterator[None]:
    """Let the script recurse as deep as under python, and see python's limit: our frames lie
    below it on the stack."""
    plain_get, plain_set = sys.getrecursionlimit, sys.setrecursionlimit

    @functools.wraps(plain_get)
    def getrecursionlimit() -> int:
        return plain_get() - depth

    @functools.wraps(plain_set)
    def setrecursionlimit(limit: int, /) -> None:
        # What is no number, or too low a one, is python's to refuse.
        plain_set(limit + depth if isinstance(limit, int) and limit > 0 else limit)

    plain_set(plain_get() + depth)
    sys.getrecursionlimit, sys.setrecursionlimit = getrecursionlimit, setrecursionlimit
    try:
        yield
    finally:
        sys.getrecursionlimit, sys.setrecursionlimit = plain_get, plain_set
        with suppress(RecursionError):
            plain_set(plain_get() - depth)
