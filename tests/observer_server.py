"""Runs programs twice in forked children of one process: plainly, and under the recorder."""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import random
import subprocess
import sys
import sysconfig
import tempfile
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType, MappingProxyType, TracebackType
from typing import Any, NoReturn

from harness import PRELOADED, receive

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT = 90.0
UNCOMPILED = "torch.compile was left out"
OF_ONE_PLAYER = ("before any other; what", "nobody else stepped within", "no longer waited for")
"""Notes on what was judged, not on what was disturbed."""

_LIBRARY = sysconfig.get_path("stdlib")


@dataclass(frozen=True)
class Seen:
    """How a program ended and everything that it printed and left behind."""

    how: str
    exit_status: int | None
    exception: str | None
    stdout: str
    stderr: str
    state: dict[str, str]
    copies: dict[str, str]
    random: list[str]
    switches: list[object]
    steps: int | None
    unclean: list[str]
    notes: list[str]


class Server:
    """A process that has loaded torch and the recorder."""

    def __init__(self) -> None:
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd=ROOT,
            text=True,
        )

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._process.wait()

    def run(self, script: Path, **request: object) -> Seen:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"script": str(script), **request}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or '{"error": "server ended"}')
        assert "error" not in answer, f"{script.name}: {answer['error']}"
        return Seen(**answer)


@functools.cache
def server() -> Server:
    """One for all tests of this process."""
    running = Server()
    atexit.register(running.close)
    return running


def recorded(script: Path, rounds: int = 2, options: Sequence[str] = ()) -> Seen:
    """Runs under the recorder; `options` are those of python's -W."""
    return server().run(script, recorded=True, rounds=rounds, options=list(options))


def plain(
    script: Path,
    steps: int | None = None,
    options: Sequence[str] = (),
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Seen:
    """Runs plainly, stopped at the return of the given optimizer step."""
    request = {"steps": steps, "options": list(options), "environment": dict(environment)}
    return server().run(script, recorded=False, **request)


def differences(plainly: Seen, observed: Seen) -> list[str]:
    """One line for everything in which the two runs differ."""
    names = ("how", "exit_status", "exception", "stdout", "stderr", "random", "switches")
    lines = [
        f"{name}: plainly {getattr(plainly, name)!r}, observed {getattr(observed, name)!r}"
        for name in names
        if getattr(plainly, name) != getattr(observed, name)
    ]
    for name in ("state", "copies"):
        one, other = getattr(plainly, name), getattr(observed, name)
        lines += [
            f"{name} of {path}: plainly {one.get(path)}, observed {other.get(path)}"
            for path in {**one, **other}
            if one.get(path) != other.get(path)
        ]
    lines += [f"left behind: {name}" for name in observed.unclean if name not in plainly.unclean]
    return lines + observed.notes


def compared(script: Path, rounds: int = 2, options: Sequence[str] = ()) -> list[str]:
    """What torch compiles in a plain run is observed as it runs uncompiled; the report says so."""
    observed = recorded(script, rounds, options)
    notes = [note for note in observed.notes if not note.startswith(UNCOMPILED)]
    environment = {} if notes == observed.notes else {"TORCHDYNAMO_DISABLE": "1"}
    notes = [note for note in notes if not any(told in note for told in OF_ONE_PLAYER)]
    plainly = plain(script, observed.steps, options, environment)
    return differences(plainly, replace(observed, notes=notes))


class _Probe:
    """Counts the returns of optimizer steps and keeps the variables that stand at the stop."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.count = 0
        self.stopped_at: int | None = None
        self.scopes: dict[str, object] = {}

    def stepped(self, *_: object) -> None:
        from gradcheck_gan.stop import StopInspection

        self.count += 1
        if self.limit is None or self.count < self.limit:
            return
        engine = _pass_around(sys._getframe(1))
        if engine is None:
            self.stop(sys._getframe(1))
            raise StopInspection
        self._stop_behind(engine)

    def _stop_behind(self, engine: FrameType) -> None:
        """A step that a hook makes inside a pass: the script is stopped where that is over."""
        from gradcheck_gan.stop import StopInspection

        def traced(frame: FrameType, event: str, _: object) -> Any:
            if event == "return":
                sys.settrace(None)
                self.stop(frame.f_back)
                raise StopInspection
            return traced

        engine.f_trace = traced
        sys.settrace(lambda *_: None)

    def stop(self, frame: FrameType | None) -> None:
        if self.stopped_at is None:
            self.stopped_at = self.count
        while frame is not None:
            self._keep(frame)
            frame = frame.f_back

    def crash(self, entry: TracebackType | None) -> None:
        while entry is not None:
            self._keep(entry.tb_frame)
            entry = entry.tb_next

    def _keep(self, frame: FrameType) -> None:
        code = frame.f_code
        file = code.co_filename
        ours = file.startswith((str(ROOT / "gradcheck_gan"), str(ROOT / "tests" / "o"), "<"))
        library = "site-packages" in file or file.startswith(_LIBRARY)
        if ours or library or frame.f_locals is frame.f_globals:
            return
        for name, value in list(frame.f_locals.items()):
            self.scopes.setdefault(f"{code.co_name}.{name}", value)


def _pass_around(frame: FrameType | None) -> FrameType | None:
    while frame is not None and frame.f_code.co_name != "_engine_run_backward":
        frame = frame.f_back
    return frame


def observe(request: dict[str, Any]) -> dict[str, Any]:
    """Runs the program of a request in this process, which must be a child of its own."""
    import snapshots
    import torch
    from torch.optim.optimizer import register_optimizer_step_post_hook

    from gradcheck_gan.launch import Target, prepare, run

    random.seed(0)  # python seeds it anew in every forked child
    # As python does with its own options, and with the filters that it starts with.
    warnings._processoptions(request["options"])  # type: ignore[attr-defined]
    os.environ.update(request.get("environment", {}))
    probe = _Probe(request.get("steps"))
    prepared = prepare(Target("script", request["script"], ()))
    before = snapshots.torch_attributes()
    handle = register_optimizer_step_post_hook(probe.stepped)
    end, notes = _run(lambda: run(prepared), request, probe)
    handle.remove()
    probe.crash(getattr(sys, "last_traceback", None))
    roots = {**_variables(), **probe.scopes}
    return {
        "how": end.how,
        "exit_status": end.exit_status,
        "exception": end.exception,
        "unclean": snapshots.changes_since(before),
        "random": snapshots.random_states(),
        "switches": [torch.is_grad_enabled(), torch.is_anomaly_enabled(), sys.getrecursionlimit()],
        "state": snapshots.described(roots),
        "copies": snapshots.copies(roots),
        "steps": probe.stopped_at,
        "notes": notes,
    }


def _variables() -> dict[str, object]:
    names = vars(sys.modules["__main__"]).items()
    return {name: value for name, value in names if not name.startswith("__")}


def _run(script: Callable[[], Any], request: dict[str, Any], probe: _Probe) -> Any:
    from gradcheck_gan.recording import Recorder
    from gradcheck_gan.stop import StopInspection

    class Watched(Recorder):
        def stepped(self, optimizer: Any) -> None:
            try:
                super().stepped(optimizer)
            except StopInspection:
                probe.stop(sys._getframe(1))
                raise

    recorder = None
    if request["recorded"]:
        recorder = Watched(request["script"], rounds=request["rounds"], max_steps=5000)
    with recorder or nullcontext():
        end = script()
        notes = [] if recorder is None else list(recorder.freeze(end).notes)
    return end, notes


def _child(request: dict[str, Any], writer: int, output: Sequence[int]) -> NoReturn:
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for descriptor, target in zip((1, 2), output, strict=True):
        os.dup2(target, descriptor)
    try:
        answer = observe(request)
    except BaseException:
        answer = {"error": traceback.format_exc()}
    sys.stdout.flush()
    sys.stderr.flush()
    sent = json.dumps(answer).encode()
    while sent:
        sent = sent[os.write(writer, sent) :]
    os._exit(0)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    import time

    reader, writer = os.pipe()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            os.close(reader)
            _child(request, writer, (out.fileno(), err.fileno()))
        os.close(writer)
        received = receive(reader, time.monotonic() + TIMEOUT)
        if received is None:
            os.kill(child, 9)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        printed = []
        for stream in (out, err):
            stream.seek(0)
            printed.append(stream.read().decode(errors="replace"))
    if not received:
        return {"error": f"no answer, status {status}: {''.join(printed)[-2000:]}"}
    answer: dict[str, Any] = json.loads(received)
    if "error" in answer:
        return answer
    return {**answer, "stdout": printed[0], "stderr": printed[1]}


def serve() -> None:
    for name in (*PRELOADED, "numpy", "snapshots", "gradcheck_gan.recording"):
        importlib.import_module(name)
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(1)
    gc.freeze()  # children then copy less of this process's memory
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        answers.write(json.dumps(_answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve()
