"""A scratch folder for what the script writes, from the first line to the end of the process."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence

from gradcheck_gan.stand_ins import children
from gradcheck_gan.stand_ins.aside import aside
from gradcheck_gan.stand_ins.files import Files
from gradcheck_gan.stand_ins.folders import Folders
from gradcheck_gan.stand_ins.importing import Present, is_there
from gradcheck_gan.stand_ins.moves import Moves
from gradcheck_gan.stand_ins.overlay import Overlay
from gradcheck_gan.stand_ins.patching import replace_everywhere
from gradcheck_gan.stand_ins.redirect import Function
from gradcheck_gan.stand_ins.writers import Writers
from gradcheck_gan.words import counted, listed

_SHOWN = 4


def stand_ins(overlay: Overlay) -> Iterator[tuple[Function, Function]]:
    """Every function, and the one to take its place."""
    files = Files(overlay)
    for group in (files, Folders(overlay), Moves(overlay)):
        for name, make in group.pairs().items():
            original = getattr(os, name, None)
            if original is not None:
                yield original, functools.wraps(original)(make(original))
    yield open, functools.wraps(open)(files.opening_streams(open))


class Scratch:
    """What the script writes lands here, and nothing of it is left when the process ends."""

    def __init__(self, folders: Sequence[str]) -> None:
        self._start = os.path.realpath(folders[0])
        self._folder = tempfile.mkdtemp(prefix="gradcheck-gan-")
        self._owner = os.getpid()
        self.overlay = Overlay(self._folder, folders)

    def install(self) -> None:
        sys.dont_write_bytecode = True
        # First come, last served: the script's own exit handlers find their files.
        atexit.register(self.clear)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.overlay.renew_lock)
        replace_everywhere(stand_ins(self.overlay))
        children.install()
        if is_there("wandb"):  # it writes in a process of its own
            os.environ.setdefault("WANDB_DIR", self._folder)
            os.environ.setdefault("WANDB_MODE", "offline")
        arrivals = Present(Writers(self.overlay).awaited(), draws=True)
        sys.meta_path.insert(0, arrivals)
        arrivals.settle()

    def clear(self) -> None:
        if os.getpid() == self._owner:
            with aside:
                shutil.rmtree(self._folder, ignore_errors=True)

    def told(self) -> tuple[str, ...]:
        overlay = self.overlay
        parts = []
        written = list(overlay.written) or list(overlay.made)
        if written:
            what = "file" if overlay.written else "folder"
            parts.append(f"{counted(len(written), what)} that it wrote ({self._some(written)})")
        if overlay.removed:
            removed = list(overlay.removed)
            parts.append(f"{counted(len(removed), 'file')} that it removed ({self._some(removed)})")
        if not parts:
            return ()
        return (
            f"Kept from the disk: {listed(parts)}; --keep-writes lets the script change its files.",
        )

    def _some(self, places: Sequence[str]) -> str:
        names = [self._name(place) for place in places[:_SHOWN]]
        rest = len(places) - len(names)
        return ", ".join([*names, *([f"{rest} more"] if rest else [])])

    def _name(self, place: str) -> str:
        inside = place.startswith(self._start + os.sep)
        return os.path.relpath(place, self._start).replace(os.sep, "/") if inside else place
