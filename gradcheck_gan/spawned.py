"""Ranks that a script starts itself, by `torch.multiprocessing.spawn`: recorded in each of them."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradcheck_gan import stored
from gradcheck_gan.delivery import judged
from gradcheck_gan.ranks.agreement import Agreement
from gradcheck_gan.ranks.board import Board
from gradcheck_gan.ranks.gathering import Gathering
from gradcheck_gan.ranks.joining import leave
from gradcheck_gan.ranks.team import Team
from gradcheck_gan.request import Recording
from gradcheck_gan.run import Run
from gradcheck_gan.stand_ins.aside import aside
from gradcheck_gan.stop import StopInspection
from gradcheck_gan.stored import StoredRun

if TYPE_CHECKING:
    from gradcheck_gan.checking import CheckOptions
    from gradcheck_gan.recording import Recorder

_RESULT = "run.json"


def recorder_of(request: Recording, root: str) -> Recorder:
    """Imports torch."""
    from gradcheck_gan.recording import Recorder

    return Recorder(
        request.script,
        rounds=request.rounds,
        max_steps=request.max_steps,
        base=root,
        raw=request.raw,
        start_after=request.start_after,
    )


@dataclass(frozen=True)
class Rank:
    """What a new process calls in the place of the script's function: that, recorded."""

    function: Callable[..., object]
    count: int
    request: Recording
    check: CheckOptions
    root: str
    folder: str

    def __call__(self, index: int, *arguments: Any) -> None:
        from gradcheck_gan.launch import Prepared, Target
        from gradcheck_gan.launch.stacks import hide_own_frames
        from gradcheck_gan.session import inspect

        request, failed = self.request, list[BaseException]()
        board = Board(Team(index, tuple(range(self.count)), self.folder + "/ranks"))
        recorder = recorder_of(request, self.root)
        recorder.together.on = True
        agreed = Agreement(board)
        recorder.on_step = lambda: recorder.attempt(agreed.consider, recorder.rounds_counted)

        def script() -> None:
            try:
                self.function(index, *arguments)
            except Exception as error:
                failed.append(error)
                raise

        target = Target("script", request.script)
        prepared = Prepared(target, "function", request.script, "", function=script)
        gathering = Gathering(board, _Kept(self.check, Path(self.root), self.folder))
        around = request.surroundings(self.root)
        hook, sys.excepthook = sys.excepthook, _said_by_the_parent
        inspect(prepared, recorder, request.timeout, gathering, around, board)
        sys.excepthook = hook
        if failed:
            hide_own_frames()  # until this process ends: torch writes the traceback down now
            raise failed[0]
        leave(0)


def _said_by_the_parent(*_: object) -> None:
    """An exception of a rank is raised again, and shown, where the ranks were started."""


@dataclass(frozen=True)
class _Kept:
    """Leaves the joint run to the process that started the ranks."""

    check: CheckOptions
    root: Path
    folder: str

    def __call__(self, run: Run) -> int:
        return self.present(self.judged(run))

    def judged(self, run: Run) -> StoredRun:
        return judged(run, self.check, self.root)

    def present(self, kept: StoredRun) -> int:
        with aside:
            Path(self.folder, _RESULT).write_text(stored.dump(kept), encoding="utf-8")
        return 0


class Ranks:
    """The ranks that this process starts while its script runs."""

    def __init__(self, request: Recording, check: CheckOptions, root: Path) -> None:
        self._request = Recording(**{f.name: getattr(request, f.name) for f in fields(Recording)})
        self._check, self._root = check, root
        self._folder: str | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        from gradcheck_gan.recording.spawning import watched_spawning

        owner = os.getpid()
        try:
            with watched_spawning(self._instead, self._joined):
                yield
        finally:
            if self._folder is not None and os.getpid() == owner:
                with aside:
                    shutil.rmtree(self._folder, ignore_errors=True)

    def result(self) -> StoredRun | None:
        """What the ranks recorded, if they trained anything or failed."""
        if self._folder is None:
            return None
        try:
            with aside:
                text = Path(self._folder, _RESULT).read_text(encoding="utf-8")
        except OSError:
            return None
        kept = stored.load(text, _RESULT)
        told = kept.run.events or kept.run.outcome.status == "crashed"
        return kept if told else None

    def _instead(self, function: Callable[..., object], count: int) -> Rank:
        if self._folder is None:
            with aside:
                self._folder = tempfile.mkdtemp(prefix="gradcheck-gan-spawned-")
        return Rank(function, count, self._request, self._check, str(self._root), self._folder)

    def _joined(self) -> None:
        """The script has nothing to go on with if its ranks were stopped."""
        kept = self.result()
        if kept is not None and kept.run.outcome.stopped_by is not None:
            raise StopInspection
