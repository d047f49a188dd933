"""Where the ranks stop: all after the same round, none of them inside a collective."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Protocol

from gradcheck_gan.ranks.board import Board, Standing

PASSED = 0.5
"""Seconds after which a rank that closed a round, and does not hold there, has gone on."""

BEHIND = 2.0
"""Seconds to wait for a rank that has closed fewer rounds; it may wait for this one itself."""

TURNS = 3
"""How often a stop is put off before this rank stops without the others."""

_PERIOD = 0.002


class Rounds(Protocol):
    """How far a recording is, and whether it wants to stop."""

    @property
    def closed(self) -> int: ...

    @property
    def stop(self) -> str | None: ...

    def put_off(self) -> None: ...

    def end(self) -> None: ...


class Agreement:
    """Asked at the return of every step, which is outside of any collective.

    A rank that has seen enough holds after its round until all others hold there too; they are
    then all outside of their collectives, and stop. One that is ahead may stand in a collective
    that waits for the holding one: that one goes on, and all aim at a later round. Every rank
    writes nothing but its own standing, and what all aim at, the latest round that anybody named,
    only grows. So nobody waits for ever, whatever the scripts do.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._closed = 0
        self._turns = 0

    def consider(self, rounds: Rounds) -> None:
        """Make the recording stop, or put its stop off, as the ranks agree."""
        try:
            self._consider(rounds)
        except KeyboardInterrupt as interrupt:
            raise interrupt.with_traceback(None)  # noqa: B904 - how we waited is none of the script's

    def _consider(self, rounds: Rounds) -> None:
        board = self._board
        elsewise = rounds.stop not in (None, "rounds")  # by steps or by time, which all do alike
        if rounds.closed == self._closed or elsewise or self._turns > TURNS:
            return
        self._closed = rounds.closed
        aim = self._closed if rounds.stop is not None else board.own.target
        board.tell(closed=self._closed, target=aim)
        aims = [one.target for one in self._waited_for().values()]
        if not 0 < max([aim, *aims]) <= self._closed:
            if rounds.stop is not None:
                rounds.put_off()
            return
        if self._held():
            rounds.end()
        else:
            rounds.put_off()

    def _held(self) -> bool:
        """Hold until all others do; False where this rank has to go on."""
        here, began = self._closed, time.monotonic()
        self._board.tell(held=here, target=here)
        while True:
            others = self._waited_for().values()
            waited = time.monotonic() - began
            aim = max((one.target for one in others), default=0)
            if all(one.held == here for one in others):
                return True
            if aim <= here:
                aim = _beyond(here, others, waited)
            if aim > here:
                return self._gone_on(aim)
            time.sleep(_PERIOD)

    def _gone_on(self, aim: int) -> bool:
        self._turns += 1
        if self._turns > TURNS:
            return True  # they do not train in step; what each does then is its own affair
        self._board.tell(held=0, target=aim)
        return False

    def _waited_for(self) -> dict[int, Standing]:
        return {rank: one for rank, one in self._board.standings().items() if not one.ended}


def _beyond(here: int, others: Collection[Standing], waited: float) -> int:
    """The round to aim at instead, if somebody can never come to hold here; else 0."""
    latest = max((one.closed for one in others), default=0)
    if latest > here:
        return latest + 1
    passed = any(one.closed == here and one.held != here for one in others)
    behind = any(one.closed < here for one in others)
    return here + 1 if (passed and waited > PASSED) or (behind and waited > BEHIND) else 0
