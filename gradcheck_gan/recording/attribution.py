"""Put torch's warnings back where the user would see them without the recorder's frames."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LAUNCH = os.path.join(_PACKAGE, "launch", "")
_OVERRIDES = f"{os.sep}torch{os.sep}overrides.py"


def _place_without_us(frame: FrameType | None, filename: str, line: int) -> FrameType | None:
    """The frame that would stand where ours stood: the caller of the torch function."""
    while frame is not None:
        if frame.f_code.co_filename == filename and frame.f_lineno == line:
            break
        frame = frame.f_back
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
        if frame is not None and frame.f_code.co_filename.endswith(_OVERRIDES):
            # handle_torch_function, called by the torch function that the user called
            outer = frame.f_back
            frame = None if outer is None else outer.f_back
    return frame


def _forget(frame: FrameType | None) -> None:
    """Python remembers shown warnings per file; for our files it must not."""
    while frame is not None:
        if frame.f_code.co_filename.startswith(_PACKAGE):
            frame.f_globals.pop("__warningregistry__", None)
        frame = frame.f_back


def _frames_of_ours(frame: FrameType | None, levels: int) -> int:
    """How many of the frames that a warning counts would not be there without the recorder."""
    skipped, seen = 0, 0
    while frame is not None and seen < levels:
        if not frame.f_code.co_filename.startswith(_PACKAGE):
            seen += 1
            frame = frame.f_back
            continue
        if frame.f_code.co_filename.startswith(_LAUNCH):
            break
        skipped, frame = skipped + 1, frame.f_back
        if frame is not None and frame.f_code.co_filename.endswith(_OVERRIDES):
            # handle_torch_function, and the torch function that called it and is called again
            skipped, frame = skipped + 2, frame.f_back and frame.f_back.f_back
    return skipped


@contextmanager
def warnings_in_place() -> Iterator[None]:
    shown: Callable[[Any], None] = warnings._showwarnmsg  # type: ignore[attr-defined]

    def show(message: Any) -> None:
        if not message.filename.startswith(_PACKAGE):
            shown(message)
            return
        here = sys._getframe(1)
        _forget(here)
        place = _place_without_us(here, message.filename, message.lineno)
        if place is None:
            shown(message)
            return
        scope = place.f_globals
        warnings.warn_explicit(
            message.message,
            message.category,
            place.f_code.co_filename,
            place.f_lineno,
            module=scope.get("__name__") or "<string>",
            registry=scope.setdefault("__warningregistry__", {}),
            module_globals=scope,
            source=message.source,
        )

    plain_warn = warnings.warn

    def warn(
        message: Any, category: Any = None, stacklevel: int = 1, *rest: Any, **more: Any
    ) -> None:
        ours = _frames_of_ours(sys._getframe(1), stacklevel)
        plain_warn(message, category, stacklevel + ours + 1, *rest, **more)

    warnings.warn = warn
    warnings._showwarnmsg = show  # type: ignore[attr-defined]
    try:
        yield
    finally:
        warnings.warn = plain_warn
        warnings._showwarnmsg = shown  # type: ignore[attr-defined]
