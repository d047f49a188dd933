"""Join the ranks of a launch: what an inspection of one process does differently for several."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import NoReturn, TextIO

from gradcheck_gan import terminal
from gradcheck_gan.ranks.board import Board, BoardError
from gradcheck_gan.ranks.team import joined


def board_of(environment: Mapping[str, str], stream: TextIO | None) -> Board | None:
    """Where this process meets the others that it was started with; None if it is alone."""
    team = joined(environment)
    if team is None:
        return None
    try:
        return Board(team)
    except BoardError as error:
        terminal.say(stream, f"rank {team.rank} reports by itself, since {error}.\n")
        return None


def leave(status: int) -> NoReturn:
    """End the process as python does, but for the libraries' own threads.

    A process group that the script had no time to destroy may abort while python takes itself
    apart, and its signal would take the place of the exit status.
    """
    with suppress(Exception):
        threading._shutdown()  # type: ignore[attr-defined]
    with suppress(Exception):
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(status)
