"""Room on python's stack for the recorder, where the script has come near the limit."""

from __future__ import annotations

import sys
from types import TracebackType

_ROOM = 200
_get_limit, _set_limit = sys.getrecursionlimit, sys.setrecursionlimit


class MoreRoom:
    """A context; what runs in it may nest deeper than the script could."""

    __slots__ = ("_limit",)

    def __enter__(self) -> None:
        # One frame deeper than anything that `__exit__` does: so that this fails, not that.
        self._limit = _limit()
        _set_limit(self._limit + _ROOM)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _set_limit(self._limit)


def _limit() -> int:
    return _get_limit()
