"""How a script came to its end, and how a report puts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from gradcheck_gan.outcome import Outcome, Status, StoppedBy


@dataclass(frozen=True, slots=True)
class ScriptEnd:
    """How the script ended, with the exit status that python would have had.

    The status is None where our stop signal ended the script. `advice` is for old code.
    """

    how: Literal["ended", "exited", "raised", "interrupted", "stopped", "terminated"]
    exit_status: int | None
    exception: str | None = None
    advice: tuple[str, ...] = ()


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
