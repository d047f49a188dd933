"""A scratch folder over the user's files: writes go there, reads see it first."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from gradcheck_gan.stand_ins.zones import Zones, resolved

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ALL_NEW = os.O_CREAT | os.O_EXCL
_UNNAMED = getattr(os, "O_TMPFILE", 0)
_NOT_FOLLOWED = getattr(os, "O_NOFOLLOW", 0)


class Overlay:
    """Places are absolute paths as the script knows them, free of links.

    For each, `over` is its path in the scratch folder. Everything here has to be called aside.
    `hidden` are places of the disk that the script removed, with all below them. `lacking` is
    called with a place that is about to be read, and may put there what is not there; a folder
    ends in a separator.
    """

    def __init__(self, scratch: str, folders: Iterable[str]) -> None:
        self._files = os.path.join(os.path.realpath(scratch), "files")
        self._zones = Zones(folders)
        self.hidden: set[str] = set()
        self.written: dict[str, None] = {}
        self.made: dict[str, None] = {}
        self.removed: dict[str, None] = {}
        self.folder: str | None = None
        self.touched = False
        self.lacking: Callable[[str], None] | None = None
        self.lock = threading.RLock()

    def renew_lock(self) -> None:
        """In a forked child, where the thread that held it does not exist."""
        self.lock = threading.RLock()

    def place(self, path: str, *, follow: bool = True, base: str | None = None) -> str:
        if not os.path.isabs(path):
            path = os.path.join(base or self.folder or os.getcwd(), path)
        if os.name == "nt":
            return os.path.realpath(path) if follow else os.path.abspath(path)
        return resolved(path, self._link, follow=follow)

    def is_users(self, place: str) -> bool:
        return self._zones.is_users(place)

    def adopt(self, place: str) -> None:
        """Have this layer over a place that is nobody's, too."""
        self._zones.adopt(place)

    def over(self, place: str) -> str:
        return self._files + os.sep + place.replace(":", "").lstrip(os.sep)

    def under(self, path: str) -> str:
        """The place whose scratch file this is; any other path is its own."""
        inside = path == self._files or path.startswith(self._files + os.sep)
        return path[len(self._files) :] or os.sep if inside else path

    def view(self, place: str) -> str:
        """Where a reader finds what the script believes to be there."""
        if not self.touched or not self.is_users(place):
            return place
        over = self.over(place)
        seen = self._is_visible(place)
        both_folders = seen and os.path.isdir(over) and os.path.isdir(place)
        known = os.path.lexists(over)
        if not seen and not known and not os.path.lexists(place):
            above, name = os.path.split(place)
            return os.path.join(self.view(above), name) if name else place  # fails as it has to
        return place if seen and (both_folders or not known) else over

    def is_folder(self, place: str) -> bool:
        view = self.view(place)
        return os.path.isdir(view) and not os.path.islink(view)

    def exists(self, place: str) -> bool:
        return os.path.lexists(self.view(place))

    def lost(self, place: str) -> int:
        """The number of the error if there is no folder for it, else 0."""
        above = os.path.dirname(place)
        if os.path.isdir(self.view(above)):
            return 0
        found = next((one for one in _upwards(above) if self.exists(one)), above)
        return errno.ENOENT if os.path.isdir(self.view(found)) else errno.ENOTDIR

    def names(self, place: str) -> list[str]:
        """What a folder holds."""
        found: dict[str, None] = {}
        if self._is_visible(place) and os.path.isdir(place):
            kept = (n for n in os.listdir(place) if os.path.join(place, n) not in self.hidden)
            found.update(dict.fromkeys(kept))
        if os.path.isdir(self.over(place)):
            found.update(dict.fromkeys(os.listdir(self.over(place))))
        return list(found)

    def is_merged(self, place: str) -> bool:
        """Whether a listing of one folder on the disk would not tell all."""
        return self.is_users(place) and (bool(self.hidden) or os.path.isdir(self.over(place)))

    def for_opening(self, place: str, flags: int) -> str:
        """The path to open in the place of one that the script opens; errors come by themselves."""
        if not flags & _WRITING and self.lacking is not None:
            self.lacking(place)
        if not flags & _WRITING or not self.is_users(place):
            return self.view(place)
        with self.lock:
            if _UNNAMED and flags & _UNNAMED == _UNNAMED:
                return self.for_folder(place)
            return self._for_writing(place, flags)

    def _for_writing(self, place: str, flags: int) -> str:
        over = self.over(place)
        if os.path.lexists(over):
            if os.path.isfile(over):
                self._note(place)
            return over
        if self._is_visible(place):
            if not os.path.isfile(place) or flags & _ALL_NEW == _ALL_NEW:
                return place  # a pipe, a device, or what no flags can open
            self._copy(place, content=not flags & os.O_TRUNC)
            self._note(place)
        elif flags & os.O_CREAT:
            return self.for_new(place)
        return over

    def for_new(self, place: str) -> str:
        """The path to make something at that is not there yet."""
        if not self.is_users(place):
            return place
        above, name = os.path.split(place)
        folder = self.view(above)
        if not os.path.isdir(folder):
            return os.path.join(folder, name)  # fails as it has to
        os.makedirs(self.over(above), exist_ok=True)
        self._note(place)
        return self.over(place)

    def for_change(self, place: str) -> str:
        """The path of a copy of what is there, to change."""
        if not self.is_users(place) or not self.exists(place):
            return self.view(place)
        if self.is_folder(place):
            return self.for_folder(place)
        if not os.path.lexists(self.over(place)):
            self._copy(place, content=True)
        self._note(place)
        return self.over(place)

    def for_folder(self, place: str) -> str:
        if os.path.isdir(self.view(place)):
            self._touch()
            os.makedirs(self.over(place), exist_ok=True)
        return self.over(place)

    def new_folder(self, place: str) -> str:
        path = self.for_new(place)
        if self.written.pop(place, self) is None:
            self.made[place] = None
        return path

    def remove(self, place: str) -> None:
        """Take away a file, a link or a folder that is known to be empty."""
        over = self.over(place)
        if os.path.isdir(over) and not os.path.islink(over):
            os.rmdir(over)
        elif os.path.lexists(over):
            os.unlink(over)
        self._hide(place)
        self.written.pop(place, None)
        self.made.pop(place, None)

    def move(self, source: str, target: str) -> tuple[str, str]:
        """The paths to rename in the place of these; afterwards call `moved`."""
        self._touch()
        if self.is_users(source):
            self._take(source)
            source = self.over(source)
        if self.is_users(target):
            over = self.for_new(target)
            if os.path.isdir(over) and not self.names(target):
                os.rmdir(over)
            return source, over
        return source, target

    def moved(self, source: str, target: str) -> None:
        if source == target:
            return
        if self.is_users(source):
            self._hide(source)
        for notes in (self.written, self.made):
            inside = [p for p in notes if p == source or p.startswith(source + os.sep)]
            for place in inside:
                del notes[place]
                notes[target + place[len(source) :]] = None
        if self.is_users(target) and self._is_visible(target):
            self.hidden.add(target)

    def _take(self, place: str) -> None:
        """Have in the scratch folder all that is there, with everything below it."""
        if self.is_folder(place):
            os.makedirs(self.over(place), exist_ok=True)
            for name in self.names(place):
                self._take(os.path.join(place, name))
        elif not os.path.lexists(self.over(place)):
            self._copy(place, content=True)

    def _copy(self, place: str, *, content: bool) -> None:
        over = self.over(place)
        os.makedirs(os.path.dirname(over), exist_ok=True)
        if content:
            shutil.copy2(place, over, follow_symlinks=False)
        else:
            Path(over).touch()
            shutil.copymode(place, over)

    def _hide(self, place: str) -> None:
        self._touch()
        if self._is_visible(place):
            self.hidden.add(place)
            self.removed[place] = None

    def _is_visible(self, place: str) -> bool:
        """Whether the disk has it, and the script has not taken it away."""
        if self.hidden and any(above in self.hidden for above in _upwards(place)):
            return False
        return os.path.lexists(place)

    def _link(self, place: str) -> str | None:
        try:
            return os.readlink(self.view(place))
        except OSError:
            return None

    def _note(self, place: str) -> None:
        self._touch()
        self.written[place] = None
        self.removed.pop(place, None)

    def _touch(self) -> None:
        self.touched = True


def _upwards(place: str) -> Iterator[str]:
    while True:
        yield place
        above = os.path.dirname(place)
        if above == place:
            return
        place = above


def not_followed(flags: int) -> bool:
    """Whether a link at the end of a path is what is to be opened, and not its target."""
    return bool(flags & _NOT_FOLLOWED) or flags & _ALL_NEW == _ALL_NEW


def error(number: int, *names: object) -> OSError:
    """As the system makes it: the class follows from the number."""
    first, *second = names
    if second:
        return OSError(number, os.strerror(number), first, None, second[0])
    return OSError(number, os.strerror(number), first)


IS_A_FOLDER = errno.EISDIR if sys.platform != "darwin" else errno.EPERM
