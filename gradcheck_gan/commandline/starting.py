"""From what a command was asked for to a script that runs and is recorded."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gradcheck_gan.commandline.interrupts import interrupts_end_the_process
from gradcheck_gan.progress import ProgressLine
from gradcheck_gan.ranks.agreement import Agreement
from gradcheck_gan.ranks.gathering import Gathering, Reporting
from gradcheck_gan.ranks.joining import board_of, leave
from gradcheck_gan.request import Recording
from gradcheck_gan.run import Run
from gradcheck_gan.spawned import Ranks, recorder_of

if TYPE_CHECKING:
    from gradcheck_gan.recording import Recorder


@contextmanager
def _compiled_for_now(wanted: bool) -> Iterator[None]:
    """Keep no compiled module of the user's, but those of torch, which is imported next."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = wanted or before
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def _stepped(recorder: Recorder, line: ProgressLine, agreed: Agreement | None) -> None:
    line.show(recorder)
    if agreed is not None:
        recorder.attempt(agreed.consider, recorder.rounds_counted)


def recorded(request: Recording, root: Path, reporting: Reporting) -> int:
    """Run the script; returns the exit status that `reporting` gives.

    One of several processes that train together ends here. Raises `launch.UsageError` for a program
    that cannot be run.
    """
    from gradcheck_gan.launch import Target, prepare

    kind: Literal["module", "script"] = "module" if request.module else "script"
    with _compiled_for_now(not request.keep_writes):
        prepared = prepare(Target(kind, request.script, request.arguments))
    with interrupts_end_the_process():
        # Not before the program is known to exist: these import torch, which takes seconds.
        from gradcheck_gan.session import inspect

        recorder = recorder_of(request, str(root))
    board = board_of(os.environ, sys.stderr)
    lowest = board is None or board.team.rank == board.team.ranks[0]
    line = ProgressLine(sys.stderr if lowest else None, request.rounds, request.start_after)
    agreed = None if board is None else Agreement(board)
    recorder.together.on = board is not None
    recorder.on_step = lambda: _stepped(recorder, line, agreed)
    own = reporting if board is None else Gathering(board, reporting)
    started = Ranks(request, request.check, root)

    def delivered(run: Run) -> int:
        line.clear()
        kept = started.result()
        return own(run) if kept is None else reporting.present(kept)

    line.show(recorder)
    around = request.surroundings(str(root))
    with started.watched():
        status = inspect(prepared, recorder, request.timeout, delivered, around, board)
    return status if board is None else leave(status)
