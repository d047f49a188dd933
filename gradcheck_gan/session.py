"""Run a prepared script inside a recorder, and deliver the run once however the script ends."""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from types import FrameType
from typing import Literal, NoReturn, Protocol

from gradcheck_gan.launch import Prepared, ScriptEnd, UsageError
from gradcheck_gan.launch import run as run_script
from gradcheck_gan.ranks.board import Board
from gradcheck_gan.ranks.lookout import Lookout
from gradcheck_gan.run import Outcome, Run, Status
from gradcheck_gan.stand_ins import Surroundings, Wanted
from gradcheck_gan.watchdog import Watchdog
from gradcheck_gan.words import own_failure

__all__ = ["Limits", "Progress", "Recorder", "ScriptEnd", "StoppedBy", "inspect", "outcome_of"]

StoppedBy = Literal["rounds", "max-steps", "timeout"]

INTERNAL_ERROR = 2
TERMINATED = 128 + signal.SIGTERM

_exit_now = os._exit

_Handler = Callable[[int, FrameType | None], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """Where recording ends: whichever is reached first. A timeout of 0 is none."""

    rounds: int = 2
    max_steps: int = 500
    timeout: float = 300.0


class Progress(Protocol):
    """How far a recording got."""

    @property
    def rounds(self) -> int: ...

    @property
    def steps(self) -> int: ...

    @property
    def stopped_by(self) -> StoppedBy | None: ...

    @property
    def waited_for(self) -> tuple[str, ...]: ...

    @property
    def skipped(self) -> int: ...


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
            _caught_os_exit(delivery),
            _caught_sigterm(delivery, stays=board is not None),
            watchdog,
        ):
            end = run_script(prepared)
        if os.getpid() == owner:
            delivery.freeze(end)
    # A child that the script forked, and that came to the end of it: nobody's report.
    return delivery.deliver() if os.getpid() == owner else end.exit_status or 0


def outcome_of(end: ScriptEnd, progress: Progress) -> Outcome:
    """How the script ended, in the words of the report."""
    status = _status(end, progress)
    stopped = status == "stopped"
    return Outcome(
        status=status,
        exception=None if stopped else end.exception,
        script_exit=None if stopped else end.exit_status,
        rounds=progress.rounds,
        steps=progress.steps,
        stopped_by=progress.stopped_by,
        waited_for=progress.waited_for,
        skipped=progress.skipped,
    )


def _status(end: ScriptEnd, progress: Progress) -> Status:
    if end.how in ("interrupted", "terminated"):
        return "interrupted"
    if progress.stopped_by == "timeout":
        return "timeout"
    # What a script does after it swallowed our signal is our doing, not its own.
    if end.how == "stopped" or progress.stopped_by is not None:
        return "stopped"
    if end.how == "raised" or end.exit_status:
        return "crashed"
    return "complete" if progress.steps else "nothing-to-inspect"


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
            _exit_now(status)


@contextmanager
def _caught_os_exit(delivery: _Delivery) -> Iterator[None]:
    """Deliver before `os._exit` ends the process.

    It stays wrapped after the script: an exit handler that calls it would otherwise replace our
    exit status by its own.
    """
    owner = os.getpid()

    @functools.wraps(_exit_now)
    def leave(status: int) -> NoReturn:
        # Forked workers leave this way, too. Anything but a number is python's to refuse.
        if os.getpid() != owner or not isinstance(status, int):
            _exit_now(status)
        delivery.finish(ScriptEnd("exited", status & 0xFF))

    os._exit = leave
    try:
        yield
    except UsageError:
        os._exit = _exit_now
        raise


@contextmanager
def _caught_sigterm(delivery: _Delivery, *, stays: bool) -> Iterator[None]:
    """Deliver before SIGTERM ends the process, unless it was started to ignore that.

    It `stays` caught until the process ends where a launcher sends it to all as soon as one fails:
    whoever writes the report then is to finish it.
    """
    main_thread = threading.current_thread() is threading.main_thread()
    if not main_thread or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def terminate(number: int, frame: FrameType | None) -> None:
        # Python would die on the spot: no `finally` of the script may run.
        if not delivery.begun:
            delivery.finish(ScriptEnd("terminated", TERMINATED))

    signal.signal(signal.SIGTERM, terminate)
    if hasattr(os, "register_at_fork"):
        _give_forks_the_default(terminate)
    try:
        yield
    finally:
        if not stays:
            _restore_default(terminate)


def _give_forks_the_default(handler: _Handler) -> None:
    """Let SIGTERM kill forked children at any moment.

    A child that computes would not come to run a handler, and one that has just begun forgets the
    signal; whoever forked and terminated it would then wait for ever. Blocked, the signal stays
    pending until the child has the default back.
    """
    masks: dict[int, set[signal.Signals | int]] = {}

    def before() -> None:
        if signal.getsignal(signal.SIGTERM) is handler:
            mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
            masks[threading.get_ident()] = set(mask)

    def after() -> None:
        mask = masks.pop(threading.get_ident(), None)
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def in_child() -> None:
        _restore_default(handler)
        after()

    os.register_at_fork(before=before, after_in_parent=after, after_in_child=in_child)


def _restore_default(handler: _Handler) -> None:
    if signal.getsignal(signal.SIGTERM) is handler:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
