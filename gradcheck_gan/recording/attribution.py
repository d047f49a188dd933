"""Python's own warnings count stack levels; the recorder's frames are not to be among them."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from gradcheck_gan.ours import LAUNCH, is_dispatch, is_ours

_BEYOND = 10**6


def _frames_of_ours(frame: FrameType | None, levels: int) -> int:
    """How many of the frames that a warning counts would not be there without the recorder."""
    skipped, seen = 0, 0
    while frame is not None and seen < levels:
        if not is_ours(frame.f_code):
            seen += 1
            frame = frame.f_back
            continue
        if frame.f_code.co_filename.startswith(LAUNCH):
            return _BEYOND  # of what would be the whole stack
        skipped, frame = skipped + 1, frame.f_back
        if frame is not None and is_dispatch(frame.f_code):
            skipped, frame = skipped + 2, frame.f_back and frame.f_back.f_back
    return skipped


@contextmanager
def warnings_in_place() -> Iterator[None]:
    plain_warn = warnings.warn

    def warn(
        message: Any, category: Any = None, stacklevel: int = 1, *rest: Any, **more: Any
    ) -> None:
        ours = _frames_of_ours(sys._getframe(1), stacklevel)
        plain_warn(message, category, stacklevel + ours + 1, *rest, **more)

    warnings.warn = warn
    try:
        yield
    finally:
        warnings.warn = plain_warn
