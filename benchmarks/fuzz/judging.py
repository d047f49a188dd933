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
