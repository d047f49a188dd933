"""Functions that read, open, change and remove one file."""

from __future__ import annotations

import errno
import os
from typing import Any

from gradcheck_gan.stand_ins.aside import aside
from gradcheck_gan.stand_ins.overlay import IS_A_FOLDER, error, not_followed
from gradcheck_gan.stand_ins.redirect import Function, Pairs, Redirect

_NEW_FILE = 0o666


class Files(Redirect):
    def pairs(self) -> Pairs:
        return {
            **dict.fromkeys(("stat", "access", "statvfs", "getxattr", "listxattr"), self.reading),
            **dict.fromkeys(("lstat", "readlink"), self.looking),
            **dict.fromkeys(("utime", "truncate", "setxattr", "removexattr"), self.changing),
            **dict.fromkeys(("chmod", "chown", "chflags"), self.changing),
            **dict.fromkeys(("mkfifo", "mknod"), self.making),
            **dict.fromkeys(("remove", "unlink"), self.removing),
            "mkdir": self.making_folder,
            "rmdir": self.removing_folder,
            "open": self.opening,
        }

    def reading(self, original: Function, *, follow: bool = True) -> Function:
        def read(*args: Any, **kwargs: Any) -> Any:
            if not self.overlay.touched:
                return original(*args, **kwargs)
            return self.call(original, self.overlay.view, args, kwargs, follow=follow)

        return read

    def looking(self, original: Function) -> Function:
        return self.reading(original, follow=False)

    def changing(self, original: Function) -> Function:
        def change(*args: Any, **kwargs: Any) -> Any:
            return self.call(original, self.overlay.for_change, args, kwargs)

        return change

    def making(self, original: Function) -> Function:
        def make(*args: Any, **kwargs: Any) -> Any:
            return self.call(original, self.new, args, kwargs, follow=False)

        return make

    def making_folder(self, original: Function) -> Function:
        def mkdir(*args: Any, **kwargs: Any) -> Any:
            return self.call(original, self._new_folder, args, kwargs, follow=False)

        return mkdir

    def _new_folder(self, place: str) -> str:
        if self.overlay.exists(place):
            raise error(errno.EEXIST, place)
        return self.overlay.new_folder(place)

    def removing(self, original: Function) -> Function:
        def remove(*args: Any, **kwargs: Any) -> Any:
            return self.call(original, self._remove, args, kwargs, follow=False)

        return remove

    def _remove(self, place: str) -> str | None:
        view = self.overlay.view(place)
        if not self.overlay.is_users(place) or not os.path.lexists(view):
            return view
        if os.path.isdir(view) and not os.path.islink(view):
            raise error(IS_A_FOLDER, place)
        self.overlay.remove(place)
        return None

    def removing_folder(self, original: Function) -> Function:
        def rmdir(*args: Any, **kwargs: Any) -> Any:
            return self.call(original, self._remove_folder, args, kwargs, follow=False)

        return rmdir

    def _remove_folder(self, place: str) -> str | None:
        view = self.overlay.view(place)
        if not self.overlay.is_users(place) or not os.path.lexists(view):
            return view
        if os.path.islink(view) or not os.path.isdir(view):
            raise error(errno.ENOTDIR, place)
        if self.overlay.names(place):
            raise error(errno.ENOTEMPTY, place)
        self.overlay.remove(place)
        return None

    def opening(self, original: Function) -> Function:
        def open_descriptor(*args: Any, **kwargs: Any) -> Any:
            flags = args[1] if len(args) > 1 else kwargs.get("flags", 0)
            if not isinstance(flags, int):
                return original(*args, **kwargs)

            def find(place: str) -> str:
                return self.overlay.for_opening(place, flags)

            return self.call(original, find, args, kwargs, follow=not not_followed(flags))

        return open_descriptor

    def opening_streams(self, original: Function) -> Function:
        redirected = self.opening(os.open)

        def redirected_opener(path: Any, flags: int) -> int:
            return redirected(path, flags, _NEW_FILE)  # type: ignore[no-any-return]

        def open_stream(
            file: Any,
            mode: Any = "r",
            buffering: Any = -1,
            encoding: Any = None,
            errors: Any = None,
            newline: Any = None,
            closefd: Any = True,
            opener: Any = None,
        ) -> Any:
            is_path = isinstance(file, (str, bytes, os.PathLike))
            if is_path and opener is None and not aside.depth and not self._is_plain(mode):
                opener = redirected_opener
            return original(file, mode, buffering, encoding, errors, newline, closefd, opener)

        return open_stream

    def _is_plain(self, mode: Any) -> bool:
        """Reads, and nothing was written so far."""
        reads = isinstance(mode, str) and not any(letter in mode for letter in "wxa+")
        return reads and not self.overlay.touched
