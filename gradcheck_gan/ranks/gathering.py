"""The end of a run on several ranks: one of them writes the report, all exit as it says."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Protocol

from gradcheck_gan.analysis.shares import shares_of
from gradcheck_gan.exits import FAILED
from gradcheck_gan.ranks import merging, record
from gradcheck_gan.ranks.board import Board
from gradcheck_gan.ranks.record import Record
from gradcheck_gan.run import Peer, Run
from gradcheck_gan.stored import StoredRun

RUNNING = 30.0
"""Seconds that the writer waits for a rank whose script goes on, and that others wait for it."""

JUDGING = 300.0
"""Seconds that a rank may take to judge what it recorded, and the writer to write."""

LEAVING = 2.0
_PERIOD = 0.02


class Reporting(Protocol):
    """Makes of a run what was asked for; returns the exit status."""

    def __call__(self, run: Run) -> int: ...

    def judged(self, run: Run) -> StoredRun: ...

    def present(self, kept: StoredRun) -> int: ...


class Gathering:
    """Called with this rank's run when its script has ended; returns the status of all."""

    def __init__(self, board: Board, reporting: Reporting) -> None:
        self._board = board
        self._reporting = reporting

    def __call__(self, run: Run) -> int:
        ended = time.time()
        board = self._board
        run = replace(run, rank=board.team.rank)
        board.tell(ended=True, how=run.outcome.status)
        status = self._written(run, ended) if self._is_first() else None
        if status is None:
            status = self._left_to_another(run, ended)
        board.tell(left=True)
        return status

    def _is_first(self) -> bool:
        """Whether no lower rank lives; one that has not come yet will come too late."""
        lower = [rank for rank in self._board.standings() if rank < self._board.team.rank]
        return not lower

    def _left_to_another(self, run: Run, ended: float) -> int:
        board = self._board
        board.put(f"{board.team.rank}.record", record.dump(self._record(run, ended)))
        began = time.monotonic()
        while (status := board.get("status")) is None:
            waited = time.monotonic() - began
            others = board.standings()
            late = waited > RUNNING and not any(one.ended for one in others.values())
            if self._is_first() or late or waited > JUDGING:
                own = self._written(run, ended)
                if own is not None:
                    return own
            if waited > JUDGING:
                return FAILED
            time.sleep(_PERIOD)
        return int(status)

    def _record(self, run: Run, ended: float) -> Record:
        peer = Peer(self._board.team.rank, run.outcome, ended, shares_of(run))
        try:
            kept = self._reporting.judged(run)
        except Exception:  # told by the writer, who fails in the same way
            return Record(peer)
        return Record(peer, kept.report, kept.ignores, kept.sources)

    def _written(self, run: Run, ended: float) -> int | None:
        """Write the report, unless another rank does."""
        board = self._board
        if not board.claim():
            return None
        records, lost = self._collected()
        knowing = replace(run, peers=tuple(each.peer for each in records))
        try:
            kept = merging.merged(self._reporting.judged(knowing), ended, records, lost)
        except Exception:
            status = self._reporting(knowing)  # which tells what went wrong
        else:
            status = self._reporting.present(kept)
        board.put("status", str(status))
        board.tell(left=True)
        self._cleared()
        return status

    def _collected(self) -> tuple[list[Record], dict[int, str]]:
        """Records of the other ranks, and of those without one why there is none."""
        board, began = self._board, time.monotonic()
        found: dict[int, Record] = {}
        while missing := [rank for rank in board.team.others if rank not in found]:
            for rank in missing:
                text = board.get(f"{rank}.record")
                if text is not None:
                    found[rank] = record.load(text)
            waited = time.monotonic() - began
            if not any(self._is_awaited(rank, waited) for rank in missing if rank not in found):
                break
            time.sleep(_PERIOD)
        lost = [rank for rank in board.team.others if rank not in found]
        return [found[rank] for rank in sorted(found)], self._why_lost(lost)

    def _is_awaited(self, rank: int, waited: float) -> bool:
        one = self._board.standings().get(rank)
        if one is None:
            return rank not in self._board.dead() and waited < LEAVING  # it may be starting
        return waited < (JUDGING if one.ended else RUNNING)

    def _why_lost(self, missing: list[int]) -> dict[int, str]:
        alive, dead = self._board.standings(), self._board.dead()
        why = dict.fromkeys(missing, "it was not inspected")
        why |= {rank: "its script went on" for rank in missing if rank in alive}
        return why | {rank: "its process died" for rank in missing if rank in dead}

    def _cleared(self) -> None:
        began = time.monotonic()
        while time.monotonic() - began < LEAVING:
            if all(one.left for one in self._board.standings().values()):
                break
            time.sleep(_PERIOD)
        self._board.remove()
