"""What `os.scandir` gives for a folder that is on the disk and in the overlay."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from typing import Any


class Entry:
    """Like `os.DirEntry`, which only the system can make."""

    __slots__ = ("name", "path")

    def __init__(self, name: Any, path: Any) -> None:
        self.name = name
        self.path = path

    def __fspath__(self) -> Any:
        return self.path

    def __repr__(self) -> str:
        return f"<DirEntry {self.name!r}>"

    def inode(self) -> int:
        return os.lstat(self.path).st_ino

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return stat.S_ISDIR(self._mode(follow_symlinks))

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return stat.S_ISREG(self._mode(follow_symlinks))

    def is_symlink(self) -> bool:
        return stat.S_ISLNK(self._mode(False))

    def is_junction(self) -> bool:
        return False

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        return os.stat(self.path, follow_symlinks=follow_symlinks)

    def _mode(self, follow: bool) -> int:
        try:
            return os.stat(self.path, follow_symlinks=follow).st_mode
        except FileNotFoundError:
            return 0


class Entries:
    """The iterator, which is also a context."""

    def __init__(self, folder: str | bytes, names: Iterable[str]) -> None:
        self._entries = iter([_entry(folder, name) for name in names])

    def __iter__(self) -> Iterator[Entry]:
        return self

    def __next__(self) -> Entry:
        return next(self._entries)

    def __enter__(self) -> Entries:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries = iter(())


def _entry(folder: str | bytes, name: str) -> Entry:
    if isinstance(folder, bytes):
        raw = os.fsencode(name)
        return Entry(raw, os.path.join(folder, raw))
    return Entry(name, os.path.join(folder, name))
