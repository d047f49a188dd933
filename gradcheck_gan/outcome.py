"""How a script ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["complete", "stopped", "crashed", "interrupted", "timeout", "nothing-to-inspect"]
StoppedBy = Literal["rounds", "max-steps", "timeout"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the script ended; `script_exit` is python's. `steps` does not count the `skipped`.

    Of the steps, gradient scalers withheld those that `overflowed`. `refused` says in one
    sentence why such a training cannot be inspected.
    """

    status: Status
    exception: str | None = None
    script_exit: int | None = None
    rounds: int = 0
    steps: int = 0
    stopped_by: StoppedBy | None = None
    waited_for: tuple[str, ...] = ()
    skipped: int = 0
    overflowed: int = 0
    refused: str | None = None
