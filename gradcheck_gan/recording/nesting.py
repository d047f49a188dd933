"""Which recordings are under way in this process: one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder

UNDER_WAY: list[Recorder] = []


class NestedRecordingError(RuntimeError):
    """A second recorder would record the first one."""


def refuse_another() -> None:
    if UNDER_WAY:
        raise NestedRecordingError(
            "another recording is under way in this process; let it end first, and run one "
            "at a time."
        )


def under_way() -> Recorder | None:
    """The recorder that this thread runs in."""
    return next((recorder for recorder in UNDER_WAY if recorder.here()), None)
