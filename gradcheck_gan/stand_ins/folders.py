"""Functions that list folders, and say which one the script stands in."""

from __future__ import annotations

import os
from typing import Any

from gradcheck_gan.stand_ins.aside import aside
from gradcheck_gan.stand_ins.entries import Entries
from gradcheck_gan.stand_ins.redirect import Function, Pairs, Redirect


class Folders(Redirect):
    def pairs(self) -> Pairs:
        return {
            "listdir": self.listing,
            "scandir": self.scanning,
            "chdir": self.moving,
            "fchdir": self.moving,
            "getcwd": self.standing,
            "getcwdb": self.standing,
        }

    def listing(self, original: Function) -> Function:
        def listdir(path: Any = None) -> Any:
            if aside.depth or not self.overlay.touched:
                return original(path)
            names = self._listed(path)
            if names is None:
                return self.call(original, self.overlay.view, (here(path),), {})
            return [os.fsencode(name) for name in names] if isinstance(path, bytes) else names

        return listdir

    def scanning(self, original: Function) -> Function:
        def scandir(path: Any = None) -> Any:
            if aside.depth or not self.overlay.touched or isinstance(path, int):
                return original(path)
            names = self._listed(path)
            if names is not None:
                return Entries(os.fspath(here(path)), names)
            # A folder that is as it was, unless the script stands where the disk has none.
            with self.call(original, self.overlay.view, (here(path),), {}) as found:
                return Entries(os.fspath(here(path)), [os.fsdecode(e.name) for e in found])

        return scandir

    def _listed(self, path: Any) -> list[str] | None:
        """Names in a folder that lies in both, or of which something was taken away."""
        with aside:
            place = self.place_of(here(path), {}, follow=True)
            if place is not None and self.overlay.lacking is not None:
                self.overlay.lacking(place + os.sep)
            if place is None or not self.overlay.is_merged(place):
                return None
            if not os.path.isdir(self.overlay.view(place)):
                return None
            return self.overlay.names(place)

    def moving(self, original: Function) -> Function:
        def chdir(path: Any) -> None:
            self.call(original, self.overlay.view, (path,), {})
            with aside:
                if not aside.depth > 1:
                    here = os.getcwd()
                    place = self.overlay.under(here)
                    self.overlay.folder = None if place == here else place

        return chdir

    def standing(self, original: Function) -> Function:
        def getcwd() -> Any:
            folder = None if aside.depth else self.overlay.folder
            if folder is None:
                return original()
            return os.fsencode(folder) if original.__name__ == "getcwdb" else folder

        return getcwd


def here(path: Any) -> Any:
    return "." if path is None else path
