"""Watch over the other ranks: one that waits for somebody who has gone would wait for ever."""

from __future__ import annotations

import _thread
import sys
import threading
import time
from collections.abc import Callable

from gradcheck_gan.ranks.board import Board
from gradcheck_gan.watchdog import place_of
from gradcheck_gan.words import listed

STUCK = 3.0
"""Seconds without any work, after another rank has ended, before a rank is given up."""

_PERIOD = 0.25
_IDLE = 0.1
"""The share of its time that a process may compute, and still does nothing but wait."""


class Lookout:
    """A thread beside the script, from the start to the end of the process.

    `give_up` is called, at most once, with a sentence that says what is waited for, and whether it
    was an inspection that ended those; it does not return. A rank that computes, or moves on, is
    left alone.
    """

    def __init__(self, board: Board, folder: str, give_up: Callable[[str, bool], None]) -> None:
        self._board = board
        self._give_up = give_up
        self._watched = threading.get_ident()
        self._folder = folder

    def start(self) -> None:
        # A `threading.Thread` would stand in the script's `threading.enumerate()`.
        _thread.start_new_thread(self._watch, ())

    def _watch(self) -> None:
        place, since, worked = self._place(), time.monotonic(), time.process_time()
        while not self._board.own.ended:
            time.sleep(_PERIOD)
            now, work = time.monotonic(), time.process_time()
            if (here := self._place()) != place or work - worked > _IDLE * (now - since):
                place, since, worked = here, now, work
            elif now - since > STUCK and (gone := self._gone()):
                self._give_up(self._told(gone), self._were_stopped(gone))
                return

    def _place(self) -> tuple[object, int]:
        frame = sys._current_frames().get(self._watched)
        return (None, 0) if frame is None else (id(frame), frame.f_lasti)

    def _gone(self) -> list[int]:
        """Whoever waits for these waits in vain. One that timed out is none of them: it may be that
        it waited for this rank, whose own time is up as well."""
        standings = self._board.standings().items()
        ended = [rank for rank, one in standings if one.ended and one.how != "timeout"]
        return sorted([*ended, *self._board.dead()])

    def _were_stopped(self, gone: list[int]) -> bool:
        standings = self._board.standings()
        return all(rank in standings and standings[rank].how == "stopped" for rank in gone)

    def _told(self, gone: list[int]) -> str:
        frame = sys._current_frames().get(self._watched)
        at = f" at {place_of(frame, self._folder)}" if frame is not None else ""
        one = len(gone) == 1
        word, records = ("rank", "record has") if one else ("ranks", "records have")
        numbers = listed(map(str, gone))
        own = self._board.team.rank
        return f"rank {own} waiting{at} for {word} {numbers}, whose {records} ended"
