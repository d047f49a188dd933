"""One program at a time in a child process: under the ledger, then under the tool."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.real.programs import Program

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LIMIT = 600
TOOL_LIMIT = "300"


def ledger(program: Program, folder: Path, out: Path) -> dict[str, Any] | None:
    """What the independent account says, or said before; `None` if it did not come to an end."""
    if out.is_file():
        return _read(out)
    argv = [str(HERE / "ledger.py"), str(out), str(program.steps), *program.argv]
    return _run(program, folder, argv, out)


def inspect(program: Program, folder: Path, out: Path) -> dict[str, Any] | None:
    """The report of the tool."""
    options = ["--rounds", "2", "--timeout", TOOL_LIMIT, "--fail-on", "never", "-o", str(out)]
    argv = ["-m", "gradcheck_gan", "inspect", "--fake-data", *options, *program.argv]
    if program.shims:
        argv[4:4] = ["--setup", str(HERE / "shims.py")]
    out.unlink(missing_ok=True)
    return _run(program, folder, argv, out)


def _run(program: Program, folder: Path, argv: Sequence[str], out: Path) -> dict[str, Any] | None:
    with out.with_suffix(".log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, *argv],
            cwd=folder,
            env=environment(program),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with suppress(subprocess.TimeoutExpired), _killed_at_the_end(child):
            child.wait(LIMIT)
    return _read(out) if out.is_file() else None


def _read(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document


@contextmanager
def _killed_at_the_end(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """With all that it started: a data loader's workers may outlive it."""
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def environment(program: Program) -> dict[str, str]:
    found = (str(ROOT), os.environ.get("PYTHONPATH", ""))
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, found)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "RUN_SHIMS": " ".join(program.shims),
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",
    }
