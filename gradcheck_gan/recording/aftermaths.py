"""Gradients that the script looks at, or is about to clear, between one pass and the next."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING

import torch

from gradcheck_gan.aftermath import Aftermath
from gradcheck_gan.recording.frames import Place, user_place

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder

_CLEARING = frozenset(
    os.path.join(os.path.dirname(torch.__file__), *path)
    for path in (("optim", "optimizer.py"), ("nn", "modules", "module.py"))
)


@dataclass
class _Record:
    read: set[int] = field(default_factory=set)
    others: bool = False
    cleared: dict[int, Place | None] = field(default_factory=dict)


class Aftermaths:
    """One record for each pass, of what happened before the next."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._after: dict[int, _Record] = {}

    def read(self, identity: int | None, frame: FrameType) -> None:
        """`x.grad` was asked for; torch asks for it as well in order to clear it."""
        record = self._latest()
        if record is None:
            return
        if identity is None:
            record.others = True
        elif is_clearing(frame):
            self._clear(record, identity, frame)
        else:
            record.read.add(identity)

    def cleared(self, identity: int, frame: FrameType) -> None:
        record = self._latest()
        if record is not None:
            self._clear(record, identity, frame)

    def _clear(self, record: _Record, identity: int, frame: FrameType) -> None:
        if identity not in record.cleared:
            record.cleared[identity] = user_place(frame)

    def _latest(self) -> _Record | None:
        last = self._recorder.history.last_pass
        return None if last is None else self._after.setdefault(last.order, _Record())

    def freeze(self) -> tuple[Aftermath, ...]:
        at = self._recorder.locator.at
        return tuple(
            Aftermath(
                order,
                frozenset(one.read),
                one.others,
                {identity: at(place) for identity, place in one.cleared.items()},
            )
            for order, one in self._after.items()
        )


def is_clearing(frame: FrameType) -> bool:
    return frame.f_code.co_name == "zero_grad" and frame.f_code.co_filename in _CLEARING
