"""Functions of two paths: renaming and linking."""

from __future__ import annotations

import errno
import os
from typing import Any

from gradcheck_gan.stand_ins.aside import aside
from gradcheck_gan.stand_ins.overlay import error
from gradcheck_gan.stand_ins.redirect import Function, Named, Pairs, Redirect


class Moves(Redirect):
    def pairs(self) -> Pairs:
        return {
            **dict.fromkeys(("rename", "replace"), self.renaming),
            "link": self.linking,
            "symlink": self.linking_softly,
        }

    def renaming(self, original: Function) -> Function:
        def rename(src: Any, dst: Any, **kwargs: Any) -> None:
            with aside:
                places = self._two(src, dst, kwargs)
                paths = places and self._ready(*places, src, dst)
            if places is None or paths is None:
                original(src, dst, **kwargs)
                return
            with Named(src, dst):
                original(*paths)
            with aside, self.overlay.lock:
                self.overlay.moved(*places)

        return rename

    def _ready(self, source: str, target: str, src: Any, dst: Any) -> tuple[str, str] | None:
        """The paths to rename; None where python would fail, or needs nothing of ours."""
        overlay = self.overlay
        if not overlay.is_users(source) and not overlay.is_users(target):
            return None
        with overlay.lock:
            number = overlay.lost(source) or overlay.lost(target)
            if number or not overlay.exists(source):
                raise error(number or errno.ENOENT, src, dst)
            if source == target:
                return overlay.view(source), overlay.view(source)
            if target.startswith(source + os.sep):
                raise error(errno.EINVAL, src, dst)
            if source.startswith(target + os.sep):
                raise error(errno.ENOTEMPTY, src, dst)
            from_folder, to_folder = overlay.is_folder(source), overlay.is_folder(target)
            if overlay.exists(target) and from_folder != to_folder:
                raise error(errno.ENOTDIR if from_folder else errno.EISDIR, src, dst)
            if to_folder and overlay.is_users(target) and overlay.names(target):
                raise error(errno.ENOTEMPTY, src, dst)
            return overlay.move(source, target)

    def linking(self, original: Function) -> Function:
        def link(src: Any, dst: Any, **kwargs: Any) -> Any:
            with aside:
                places = self._two(src, dst, kwargs)
                paths = None
                if places is not None and any(map(self.overlay.is_users, places)):
                    if number := self._unlinkable(*places):
                        raise error(number, src, dst)
                    paths = self.overlay.for_change(places[0]), self.overlay.for_new(places[1])
            if paths is None:
                return original(src, dst, **kwargs)
            with Named(src, dst):
                return original(*paths)

        return link

    def _unlinkable(self, source: str, target: str) -> int:
        if not self.overlay.exists(source):
            return self.overlay.lost(source) or errno.ENOENT
        return errno.EEXIST if self.overlay.exists(target) else 0

    def linking_softly(self, original: Function) -> Function:
        def symlink(src: Any, dst: Any, *args: Any, **kwargs: Any) -> Any:
            def make(place: Any, *rest: Any, **options: Any) -> Any:
                return original(src, place, *rest, **options)

            return self.call(make, self.new, (dst, *args), kwargs, follow=False, first=src)

        return symlink

    def _two(self, src: Any, dst: Any, kwargs: dict[str, Any]) -> tuple[str, str] | None:
        if aside.depth > 1:
            return None
        source = self.place_of(src, {"dir_fd": kwargs.get("src_dir_fd")}, follow=False)
        target = self.place_of(dst, {"dir_fd": kwargs.get("dst_dir_fd")}, follow=False)
        return None if source is None or target is None else (source, target)
