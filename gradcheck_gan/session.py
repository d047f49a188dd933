"""Run a prepared script inside a recorder, and deliver the run once however the script ends."""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Literal, NoReturn, Protocol

from gradcheck_gan.ending import Progress, ScriptEnd, outcome_of
from gradcheck_gan.launch import Prepared
from gradcheck_gan.launch import run as run_script
from gradcheck_gan.ranks.board import Board
from gradcheck_gan.ranks.lookout import Lookout
from gradcheck_gan.run import Run
from gradcheck_gan.stand_ins import Surroundings, Wanted
from gradcheck_gan.traps import caught_os_exit, caught_sigterm, exit_now
from gradcheck_gan.watchdog import Watchdog
from gradcheck_gan.words import own_failure

INTERNAL_ERROR = 2
TERMINATED = 128 + signal.SIGTERM


class Recorder(Progress, Protocol):
    """What a session needs of a recorder.

    `request_stop` and `freeze` may be called from another thread. `swallowed` is set by the
    session; the recorder calls it once the script has swallowed the stop signal too often, and it
    does not return.
    """

    swallowed: Callable[[], None] | None

    def __enter__(self) -> object: ...

    def __exit__(self, *exception: object) -> None: ...

    def request_stop(self, reason: Literal["timeout", "rounds"], /) -> None: ...

    def freeze(self, end: ScriptEnd, /) -> Run: ...


def inspect(
    prepared: Prepared,
    recorder: Recorder,
    timeout: float,
    deliver: Callable[[Run], int],
    surroundings: Surroundings | None = None,
    board: Board | None = None,
) -> int:
    """Run the script and call `deliver` exactly once; returns the exit status that it gives.

    To be called once, by a process that ends with this status. On a `board` the process meets
    others that it trains with, and waits for none that has ended. Raises `UsageError`, without a
    delivery, if `-m` names a module that its package does not have.

    The run is delivered when the script's main program ends. Python waits for threads and calls
    exit handlers later, when this process exits; waiting for them here would keep the report back
    for as long as any forgotten thread lives, and nothing that they do belongs to the training
    that was recorded.
    """
    owner = os.getpid()
    around = surroundings or Surroundings(Wanted())
    delivery = _Delivery(prepared.target.name, recorder, deliver, around)
    stopped = ScriptEnd("stopped", None)
    recorder.swallowed = functools.partial(delivery.finish, stopped)
    watchdog = Watchdog(timeout, recorder.request_stop, functools.partial(delivery.finish, stopped))
    if board is not None:
        Lookout(board, os.getcwd(), delivery.give_up).start()
    with around, recorder:
        with (
            caught_os_exit(delivery.exit),
            caught_sigterm(delivery.terminate, stays=board is not None),
            watchdog,
        ):
            end = run_script(prepared)
        if os.getpid() == owner:
            delivery.freeze(end)
    # A child that the script forked, and that came to the end of it: nobody's report.
    return delivery.deliver() if os.getpid() == owner else end.exit_status or 0


class _Delivery:
    """Freezes and delivers at most once, whichever thread comes first; others wait for it."""

    def __init__(
        self, target: str, recorder: Recorder, deliver: Callable[[Run], int], around: Surroundings
    ) -> None:
        self._target = target
        self._recorder = recorder
        self._around = around
        self._deliver = deliver
        # Re-entrant: a signal handler may run in the thread that is delivering.
        self._lock = threading.RLock()
        self._run: Run | None = None
        self._status = INTERNAL_ERROR
        self.begun = False

    def freeze(self, end: ScriptEnd, notes: Sequence[str] = ()) -> None:
        with self._lock:
            if not self.begun:
                self.begun = True
                run = self._frozen(end)
                told = self._around.notes(end.exception)
                self._run = replace(run, notes=(*run.notes, *told, *end.advice, *notes))

    def _frozen(self, end: ScriptEnd) -> Run:
        """How the script ended is told even if nothing else of the recording can be."""
        try:
            return self._recorder.freeze(end)
        except Exception as error:
            note = own_failure("recording", error)
            return Run(self._target, outcome_of(end, self._recorder), notes=(note,))

    def deliver(self) -> int:
        with self._lock:
            run, self._run = self._run, None
            if run is not None:
                with self._around.aside():
                    self._status = self._deliver(run)
            return self._status

    def give_up(self, why: str, stopped: bool) -> None:
        """End a script that waits in vain: for others that were `stopped`, or ended otherwise."""
        if stopped:
            self._recorder.request_stop("rounds")
        noted = [why] if self._recorder.stopped_by is not None else []
        self.finish(ScriptEnd("raised", 1, why), noted)

    def exit(self, status: int) -> NoReturn:
        self.finish(ScriptEnd("exited", status))

    def terminate(self) -> None:
        """Python would die on the spot: no `finally` of the script may run."""
        if not self.begun:
            self.finish(ScriptEnd("terminated", TERMINATED))

    def finish(self, end: ScriptEnd, notes: Sequence[str] = ()) -> NoReturn:
        """Deliver from wherever the script stands, and end the process there and then."""
        status = INTERNAL_ERROR
        try:
            self.freeze(end, notes)
            status = self.deliver()
        except BaseException:
            with suppress(Exception):
                # Python's own display: the module `traceback` hides frames of ours meanwhile.
                sys.__excepthook__(*sys.exc_info())
        finally:
            # Not standard output: python, too, loses what the script has not flushed.
            with suppress(Exception):
                sys.stderr.flush()
            with suppress(Exception):
                self._around.leave()
            exit_now(status)
