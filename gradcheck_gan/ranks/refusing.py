"""A refusal that all ranks make alike, before any of them runs: told once."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import suppress

from gradcheck_gan.ranks.board import Board, Standing

PATIENCE = 10.0
"""Seconds to wait for ranks that have not refused; the processes of a launch start together."""

_PERIOD = 0.02


def told_once(board: Board, message: str, tell: Callable[[], None]) -> None:
    """Call `tell` unless a lower rank refuses with the same message.

    It returns when all have refused, so that all can exit with the status of a refusal: a launcher
    terminates the rest as soon as one has failed.
    """
    with suppress(ValueError):  # no main thread
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    board.tell(refused=message)
    others = _refused(board)
    own = board.team.rank
    if not any(rank < own and one.refused == message for rank, one in others.items()):
        tell()
    board.tell(left=True)
    if own == min([own, *others]):
        _until(lambda: all(one.left for one in board.standings().values()))
        board.remove()


def _refused(board: Board) -> dict[int, Standing]:
    """The other ranks that have refused, once all have or were waited for long enough."""
    found: dict[int, Standing] = {}

    def all_have() -> bool:
        found.update({rank: one for rank, one in board.standings().items() if one.refused})
        return len({*found, *board.dead()}) == len(board.team.others)

    _until(all_have)
    return found


def _until(reached: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not reached() and time.monotonic() - began < PATIENCE:
        time.sleep(_PERIOD)
