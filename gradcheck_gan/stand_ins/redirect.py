"""The original function on the path that an overlay gives, under the names that the script gave."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

from gradcheck_gan.stand_ins.aside import aside
from gradcheck_gan.stand_ins.overlay import Overlay, error

Function = Callable[..., Any]
Pairs = dict[str, Callable[[Function], Function]]
"""For names of functions in `os`: what makes the one to take the place."""


class Redirect:
    """What is no path, or leads nowhere, is left to the original, and so are its errors."""

    def __init__(self, overlay: Overlay) -> None:
        self.overlay = overlay

    def call(
        self,
        original: Function,
        find: Callable[[str], str | None],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        follow: bool = True,
        first: Any = None,
    ) -> Any:
        """The original on the path that `find` gives; nothing where it did all that is to do."""
        if aside.depth:
            return original(*args, **kwargs)
        named = not args and "path" in kwargs
        given = kwargs["path"] if named else args[0] if args else None
        names = (given,) if first is None else (first, given)
        with aside, Named(*names), self.overlay.lock:
            place = self.place_of(
                given, kwargs, follow=follow and kwargs.get("follow_symlinks", True)
            )
            target = None if place is None else find(place)
        if place is None:
            return original(*args, **kwargs)
        if target is None:
            return None
        rest = {k: v for k, v in kwargs.items() if k not in ("path", "dir_fd")}
        path: Any = os.fsencode(target) if isinstance(given, bytes) else target
        with Named(*names):
            return original(path, *args[0 if named else 1 :], **rest)

    def place_of(self, given: Any, kwargs: dict[str, Any], *, follow: bool) -> str | None:
        """None for what only the original can make sense of."""
        if not isinstance(given, (str, bytes, os.PathLike)):
            return None
        try:
            path = os.fsdecode(given)
            if not path or "\0" in path:
                return None
            base = self._folder_of(kwargs.get("dir_fd"))
            return self.overlay.place(path, follow=follow, base=base)
        except (OSError, TypeError, ValueError):
            return None

    def _folder_of(self, descriptor: int | None) -> str | None:
        if descriptor is None:
            return None
        return self.overlay.under(os.readlink(f"/proc/self/fd/{descriptor}"))

    def new(self, place: str) -> str:
        if self.overlay.exists(place):
            raise error(errno.EEXIST, place)
        return self.overlay.for_new(place)


class Named:
    """Errors tell the names that the script gave."""

    def __init__(self, *names: Any) -> None:
        self._names = names

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, failure: object, trace: object) -> None:
        if not isinstance(failure, OSError) or failure.filename is None:
            return
        if all(isinstance(name, (str, bytes, os.PathLike)) for name in self._names):
            failure.filename, *other = map(os.fspath, self._names)
            if other:
                failure.filename2 = other[0]
