"""The whole pipeline in this process: what the command line does, with the report returned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from gradcheck_gan import cli
from gradcheck_gan.checking import CheckOptions
from gradcheck_gan.commandline import starting
from gradcheck_gan.finding import Report
from gradcheck_gan.request import Request
from gradcheck_gan.run import Run
from gradcheck_gan.stored import StoredRun


def record_in_process(arguments: list[str]) -> tuple[Request, Run]:
    """Runs the script that the arguments of `inspect` name; ends are as under the tool."""
    from gradcheck_gan.launch import Target, prepare
    from gradcheck_gan.recording import Recorder
    from gradcheck_gan.session import inspect

    context = cli.inspect.make_context("inspect", list(arguments))
    request = Request(**context.params)
    prepared = prepare(Target("script", request.script, request.arguments))
    recorder = Recorder(
        request.script,
        rounds=request.rounds,
        max_steps=request.max_steps,
        base=str(Path.cwd()),
    )
    runs: list[Run] = []

    def keep(run: Run) -> int:
        runs.append(run)
        return 0

    inspect(prepared, recorder, request.timeout, keep)
    return request, runs[0]


class Kept:
    """Tells the report that is made of a run, if this process is the one that makes it."""

    def __init__(self, options: CheckOptions, tell: Callable[[Report], None]) -> None:
        self.options = options
        self.tell = tell

    def __call__(self, run: Run) -> int:
        return self.present(self.judged(run))

    def judged(self, run: Run) -> StoredRun:
        from gradcheck_gan.checking import judge

        return StoredRun(run, judge(run, self.options))

    def present(self, kept: StoredRun) -> int:
        from gradcheck_gan.checking import narrowed

        self.tell(narrowed(kept.report, self.options))
        return 0


def inspect_in_process(arguments: list[str]) -> Report:
    from gradcheck_gan.checking import check

    request, run = record_in_process(arguments)
    return check(run, request.check)


def inspect_anywhere(
    arguments: list[str], tell: Callable[[Report], None] | None = None
) -> Report | None:
    """As one of several processes if there is somebody to `tell`: the one that reports does."""
    if tell is None:
        return inspect_in_process(arguments)
    context = cli.inspect.make_context("inspect", list(arguments))
    request = Request(**context.params)
    with patch.object(starting, "leave", int):
        starting.recorded(request, Path.cwd(), Kept(request.check, tell))
    return None
