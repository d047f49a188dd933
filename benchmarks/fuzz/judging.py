"""What must hold of every command, whatever the program does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from benchmarks.fuzz.commands import Ended

OWN_FRAME = re.compile(r'File "[^"]*gradcheck_gan/[^"]*", line')
OWN_FAULT = re.compile(r"gradcheck-gan itself failed|failed inside gradcheck-gan")
STATUSES = (0, 1, 2, 130)


def faults(ended: Ended) -> Iterator[str]:
    """One line for each thing that is the tool's own fault."""
    if ended.status is None:
        yield "it did not end"
    elif ended.status not in STATUSES:
        yield f"it ended with status {ended.status}"
    for text in (ended.stdout, ended.stderr):
        if OWN_FAULT.search(text):
            yield "it says that it failed itself"
        if OWN_FRAME.search(text):
            yield "a traceback shows its own frames"


def hidden(plain: Ended, ended: Ended) -> Iterator[str]:
    """What python shows of the program, and the tool, which let it run to its end, does not."""
    if plain.status is None or _was_stopped(ended) or _is_refused(ended):
        return
    if plain.stdout != ended.stdout:
        yield "the program printed something else"
    error = _error(plain.stderr)
    if plain.status and error and error not in ended.stderr:
        yield f"{error} is not told"


def _was_stopped(ended: Ended) -> bool:
    return " was stopped " in " ".join(ended.stderr.split())


def _is_refused(ended: Ended) -> bool:
    """No program at all."""
    return ended.stderr.startswith(("Error: ", "Usage: "))


def _error(stderr: str) -> str:
    """The type of the exception that ended a program."""
    if "Traceback" not in stderr:
        return ""
    last = [line for line in stderr.splitlines() if re.match(r"[\w.]+(?::|$)", line)]
    return last[-1].partition(":")[0].rpartition(".")[2] if last else ""
