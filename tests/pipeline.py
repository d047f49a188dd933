"""The whole pipeline in this process: what the command line does, with the report returned."""

from __future__ import annotations

from pathlib import Path

from gradcheck_gan import cli
from gradcheck_gan.finding import Report
from gradcheck_gan.request import Request
from gradcheck_gan.run import Run


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


def inspect_in_process(arguments: list[str]) -> Report:
    from gradcheck_gan.checking import check

    request, run = record_in_process(arguments)
    return check(run, request.check)
