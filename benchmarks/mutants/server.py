"""A process with torch loaded that forks twice for each program: for the ledger, for the tool."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, NoReturn

ROOT = Path(__file__).resolve().parent.parent.parent
TIMEOUT = 60.0
PRELOADED = (
    "numpy",
    "torch",
    "torch._dynamo",
    "torch.utils.checkpoint",
    "benchmarks.mutants.ledger",
    "gradcheck_gan.recording",
    "gradcheck_gan.session",
    "gradcheck_gan.checking",
)


class Server:
    """Use as a context; `folder` is where programs start."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        path = os.pathsep.join(filter(None, [(environment or {}).get("PYTHONPATH"), str(ROOT)]))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.mutants.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, "OMP_NUM_THREADS": "1", **(environment or {}), "PYTHONPATH": path},
            text=True,
        )

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()
        self.process.wait()

    def ask(self, kind: str, path: Path, **rest: object) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"kind": kind, "path": str(path), **rest}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("the server of programs ended")
        told: dict[str, Any] = json.loads(answer)
        return told


def account_of(request: dict[str, Any]) -> dict[str, Any]:
    from benchmarks.mutants.ledger import account

    _start(request)
    return account(request["path"], tuple(request["judges"]), request["limit"])


def findings_of(request: dict[str, Any]) -> dict[str, Any]:
    """What `gradcheck-gan inspect` says, notes included."""
    from gradcheck_gan.checking import CheckOptions, check
    from gradcheck_gan.launch import Target, prepare
    from gradcheck_gan.recording import Recorder
    from gradcheck_gan.run import Run
    from gradcheck_gan.session import inspect

    _start(request)
    script, arguments = request["path"], tuple(request.get("arguments", ()))
    prepared = prepare(Target("script", script, arguments))
    recorder = Recorder(script, rounds=request["rounds"], max_steps=500, base=str(Path.cwd()))
    runs: list[Run] = []

    def keep(run: Run) -> int:
        runs.append(run)
        return 0

    inspect(prepared, recorder, TIMEOUT, keep)
    report = check(runs[0], CheckOptions())
    found = [
        [each.code, os.path.abspath(each.location.path), each.location.line, each.message]
        for each in report.findings
    ]
    return {"findings": found, "notes": list(report.notes)}


def _start(request: dict[str, Any]) -> None:
    sys.argv[:] = [request["path"], *request.get("arguments", ())]
    sys.path[0] = request.get("beside") or os.path.dirname(request["path"])
    if "RUN_SHIMS" in os.environ:  # a public script, which wants data and more
        from benchmarks.real.ledger import surroundings

        surroundings(request["path"]).__enter__()


KINDS = {"account": account_of, "findings": findings_of}


def serve(answers: IO[str]) -> None:
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(1)
    for line in sys.stdin:
        request = json.loads(line)
        answers.write(json.dumps(_answer(KINDS[request["kind"]], request)) + "\n")
        answers.flush()


def _answer(function: Callable[[dict[str, Any]], Any], request: dict[str, Any]) -> dict[str, Any]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _child(function, request, writer)
    os.close(writer)
    received = _receive(reader, time.monotonic() + TIMEOUT)
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if not received:
        return {"failed": "no answer" if received is None else "it ended without an answer"}
    answer: dict[str, Any] = json.loads(received)
    return answer


def _receive(reader: int, deadline: float) -> bytes | None:
    received = b""
    with open(reader, "rb", buffering=0) as stream:
        while select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0]:
            part = stream.read(65536)
            if not part:
                return received
            received += part
    return None


def _child(
    function: Callable[[dict[str, Any]], Any], request: dict[str, Any], writer: int
) -> NoReturn:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    try:
        answer = function(request)
    except BaseException:
        answer = {"failed": traceback.format_exc()}
    sent = json.dumps(answer).encode()
    while sent:
        sent = sent[os.write(writer, sent) :]
    os._exit(0)


if __name__ == "__main__":
    serve(os.fdopen(os.dup(1), "w"))
