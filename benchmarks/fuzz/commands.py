"""Runs the command line in forked children of one process that has loaded everything it needs."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]
PRELOADED = (
    "torch",
    "torch._dynamo",
    "gradcheck_gan.checking",
    "gradcheck_gan.picture",
    "gradcheck_gan.recording",
    "gradcheck_gan.report.html",
    "gradcheck_gan.report.text",
    "gradcheck_gan.session",
)


@dataclass(frozen=True, slots=True)
class Ended:
    """`status` is None where the command had to be killed; negative where a signal ended it."""

    status: int | None
    stdout: str
    stderr: str


class Server:
    """Use as a context; commands run one after the other."""

    def __enter__(self) -> Server:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.fuzz.commands"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environment,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._process.wait()

    def run(
        self,
        arguments: Sequence[str],
        folder: Path,
        *,
        broken: str = "",
        plainly: bool = False,
        timeout: float = 60.0,
    ) -> Ended:
        """`broken` names a function of the package, as module:name, that raises instead.

        `plainly` runs the script that the arguments name as python would.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = [list(arguments), str(folder), broken, plainly, timeout]
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))


def serve() -> None:
    for name in PRELOADED:
        importlib.import_module(name)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(*json.loads(line))) + "\n")
        sys.stdout.flush()


def _answer(
    arguments: list[str], folder: str, broken: str, plainly: bool, timeout: float
) -> dict[str, Any]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            _become(arguments, folder, broken, plainly, (out.fileno(), err.fileno()))
        status = _waited_for(child, time.monotonic() + timeout)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    return {"status": status, "stdout": texts[0], "stderr": texts[1]}


def _waited_for(child: int, deadline: float) -> int | None:
    status = None
    while status is None and time.monotonic() < deadline:
        ended, code = os.waitpid(child, os.WNOHANG)
        status = os.waitstatus_to_exitcode(code) if ended else None
        if status is None:
            time.sleep(0.005)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)  # and whatever it has started
    if status is None:
        os.waitpid(child, 0)
    return status


def _become(
    arguments: list[str], folder: str, broken: str, plainly: bool, outputs: tuple[int, int]
) -> NoReturn:
    """What a process of its own would do; never returns."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for descriptor, target in zip(outputs, (1, 2), strict=True):
        os.dup2(descriptor, target)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    os.chdir(folder)
    status = 70
    try:
        status = _status(arguments, broken, plainly)
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
        os._exit(status & 0xFF)


def _status(arguments: list[str], broken: str, plainly: bool) -> int:
    from gradcheck_gan.cli import main

    if broken:
        _break(broken)
    sys.argv = ["gradcheck-gan", *arguments]
    if plainly:
        return _run_plainly(arguments)
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _run_plainly(arguments: list[str]) -> int:
    """Status 1 and a traceback where python would give them."""
    from gradcheck_gan.launch import Target, UsageError, prepare, run

    sys.argv = arguments
    try:
        return run(prepare(Target("script", arguments[0], tuple(arguments[1:])))).exit_status or 0
    except UsageError:
        return 1


def _break(name: str) -> None:
    module, _, path = name.partition(":")
    owner: Any = importlib.import_module(module)
    *outer, last = path.split(".")
    for part in outer:
        owner = getattr(owner, part)

    def planted(*arguments: object, **options: object) -> NoReturn:
        raise ZeroDivisionError("planted")

    setattr(owner, last, planted)


if __name__ == "__main__":
    serve()
