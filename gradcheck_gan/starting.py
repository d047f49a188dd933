"""From what a command was asked for to a script that runs and is recorded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from gradcheck_gan.interrupts import interrupts_end_the_process
from gradcheck_gan.progress import ProgressLine
from gradcheck_gan.request import Recording
from gradcheck_gan.run import Run


@contextmanager
def _compiled_for_now(wanted: bool) -> Iterator[None]:
    """Keep no compiled module of the user's, but those of torch, which is imported next."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = wanted or before
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def recorded(request: Recording, root: Path, deliver: Callable[[Run], int]) -> int:
    """Run the script; returns the exit status that `deliver` gives.

    Raises `launch.UsageError` for a program that cannot be run.
    """
    from gradcheck_gan.launch import Target, prepare

    kind: Literal["module", "script"] = "module" if request.module else "script"
    with _compiled_for_now(not request.keep_writes):
        prepared = prepare(Target(kind, request.script, request.arguments))
    with interrupts_end_the_process():
        # Not before the program is known to exist: these import torch, which takes seconds.
        from gradcheck_gan.recording import Recorder
        from gradcheck_gan.session import inspect

    recorder = Recorder(
        request.script,
        rounds=request.rounds,
        max_steps=request.max_steps,
        base=str(root),
        raw=request.raw,
        start_after=request.start_after,
    )
    line = ProgressLine(sys.stderr, request.rounds, request.start_after)
    recorder.on_step = lambda: line.show(recorder)

    def delivered(run: Run) -> int:
        line.clear()
        return deliver(run)

    line.show(recorder)
    around = request.surroundings(str(root))
    return inspect(prepared, recorder, request.timeout, delivered, around)
