"""Our own reading and writing, told apart from the script's by thread."""

from __future__ import annotations

import threading


class Aside(threading.local):
    """A context; what this thread reads and writes in it is what lies on the disk."""

    depth = 0

    def __enter__(self) -> None:
        self.depth += 1

    def __exit__(self, *exception: object) -> None:
        self.depth -= 1


aside = Aside()
