"""Where a path leads, and whether what lies there is the user's."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable

_DEVICES = ("/dev", "/proc", "/sys")
_CACHES = ("XDG_CACHE_HOME", "TORCH_HOME", "HF_HOME", "TORCH_EXTENSIONS_DIR")
_LINKS = 40


class Zones:
    """Of folders within each other, the innermost decides; what is in none is the user's."""

    def __init__(self, folders: Iterable[str]) -> None:
        temporary = {os.path.realpath(tempfile.gettempdir())}
        caches = {os.path.expanduser("~/.cache"), *map(os.environ.get, _CACHES)}
        passed = {os.path.realpath(cache) for cache in caches if cache} | temporary
        mine = {os.path.realpath(folder) for folder in folders} - passed
        mine |= {_outermost(folder, *temporary) for folder in mine} - passed
        self._zones = {**dict.fromkeys(mine, True), **dict.fromkeys([*passed, *_DEVICES], False)}

    def adopt(self, path: str) -> None:
        if not self.is_users(path):
            self._zones[path] = True

    def is_users(self, path: str) -> bool:
        """`path` is absolute, and no part of it is a link."""
        while True:
            known = self._zones.get(path)
            if known is not None:
                return known
            above = os.path.dirname(path)
            if above == path:
                return True
            path = above


def _outermost(folder: str, temporary: str) -> str:
    """A project may lie in the temporary folder; then all of it is the user's."""
    inside = folder.startswith(temporary + os.sep)
    first = folder[len(temporary) + 1 :].partition(os.sep)[0]
    return os.path.join(temporary, first) if inside else folder


def resolved(path: str, link: Callable[[str], str | None], *, follow: bool) -> str:
    """An absolute path without links and dots; `link` tells what a link points at.

    Unlike `os.path.realpath` it may leave the last part as it is.
    """
    drive, rest = os.path.splitdrive(path)
    top = here = drive + os.sep
    pending = rest.split(os.sep)[::-1]
    links = 0
    while pending:
        part = pending.pop()
        if part == os.pardir:
            here = os.path.dirname(here)
        elif part not in ("", os.curdir):
            inner = os.path.join(here, part)
            target = link(inner) if links < _LINKS and (pending or follow) else None
            if target is None:
                here = inner
                continue
            links += 1
            if os.path.isabs(target):
                here = top
            pending.extend(target.split(os.sep)[::-1])
    return here
