"""Everything that stands in during a run, entered together and told about in the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from gradcheck_gan.stand_ins import hints, setup
from gradcheck_gan.stand_ins.aside import aside
from gradcheck_gan.stand_ins.faking import FakeData
from gradcheck_gan.stand_ins.scratch import Scratch


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a command was asked to let stand in; by default nothing.

    `setup` is a file of the user's own, which runs before the script. `on_cpu` lets the CPU stand
    in for a graphics card that is absent, and this process for the workers of data loaders.
    `folders` are the user's, of which nothing is written: where there is none, everything is.
    """

    fake_data: bool = False
    setup: str | None = None
    on_cpu: bool = False
    batch_size: int | None = None
    folders: tuple[str, ...] = ()


class Surroundings:
    """A context manager around the script; it stays entered until the process ends.

    Threads and exit handlers of the script outlive its main program, and must find what it found.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self._stack = ExitStack()
        self._scratch: Scratch | None = None
        self._tellers: list[Callable[[], Sequence[str]]] = []

    def __enter__(self) -> Surroundings:
        if self.wanted.folders:
            self._scratch = Scratch(self.wanted.folders)
            self._scratch.install()
            self._tellers.append(self._scratch.told)
        if self.wanted.on_cpu:
            self._enter_cpu()
        if self.wanted.fake_data:
            self._enter_fake_data()
        if self.wanted.setup is not None:
            setup.run(self.wanted.setup)
        return self

    def _enter_cpu(self) -> None:
        from gradcheck_gan.stand_ins.devices import Devices
        from gradcheck_gan.stand_ins.loaders import Loaders

        devices = Devices(for_certain=self.wanted.fake_data)
        for each in (devices, Loaders(self.wanted.batch_size)):
            each.install()
            self._tellers.append(each.told)

    def _enter_fake_data(self) -> None:
        layer = self._scratch.overlay if self._scratch is not None else None
        faked = self._stack.enter_context(FakeData(layer))
        self._tellers.append(faked.notes)

    def __exit__(self, *exception: object) -> None:
        return None

    def notes(self, exception: str | None = None) -> tuple[str, ...]:
        """Sentences for the report: what stood in, and what was kept from the disk.

        And what would have helped against the exception that ended the script.
        """
        helpful = hints.after(exception, faked=self.wanted.fake_data)
        return (*(note for tell in self._tellers for note in tell()), *helpful)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Our own reading and writing, which nothing may stand in for."""
        with aside:
            yield

    def leave(self) -> None:
        """Clear up where the process ends without exit handlers."""
        if self._scratch is not None:
            self._scratch.clear()
