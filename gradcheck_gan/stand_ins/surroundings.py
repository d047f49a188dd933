"""Everything that stands in during a run, entered together and told about in the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a command was asked to let stand in; by default nothing."""


class Surroundings:
    """A context manager around the script; it stays entered until the process ends.

    Threads and exit handlers of the script outlive its main program, and must find what it found.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._stack = ExitStack()
        self._tellers: list[Callable[[], Sequence[str]]] = []

    def __enter__(self) -> Surroundings:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def notes(self) -> tuple[str, ...]:
        """Sentences for the report: what stood in, and what was kept from the disk."""
        return tuple(note for tell in self._tellers for note in tell())

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Our own reading and writing, which nothing may stand in for."""
        yield
