"""What goes to the terminal: what it can carry, whether in colour, how wide."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Literal, TextIO

ColorChoice = Literal["auto", "always", "never"]
WIDTH, NARROWEST, WIDEST = 88, 60, 120


def say(stream: TextIO | None, text: str) -> None:
    """Print what the stream's encoding can carry; a stream that somebody closed stays silent."""
    if stream is None:  # what python makes of a descriptor that was closed when it started
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    with suppress(OSError, ValueError):
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()


def colored(choice: ColorChoice, stream: TextIO | None, environment: Mapping[str, str]) -> bool:
    """Whether to colour: an explicit choice, then NO_COLOR, FORCE_COLOR, then the terminal."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return environment.get("TERM") != "dumb" and is_terminal(stream)


def width(stream: TextIO | None) -> int:
    if stream is None or not is_terminal(stream):
        return WIDTH
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return WIDTH
    return min(max(columns, NARROWEST), WIDEST)


def is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False
