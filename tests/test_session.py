"""However the script ends, its run is delivered once, and the exit status is the delivery's."""

from __future__ import annotations

import _thread
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Literal

import pytest
from test_launch import PROBES, ROOT, STATUS, inspected, run, split

from gradcheck_gan.ending import ScriptEnd, outcome_of
from gradcheck_gan.outcome import Outcome, Status, StoppedBy
from gradcheck_gan.watchdog import Watchdog

How = Literal["ended", "exited", "raised", "interrupted", "stopped", "terminated"]


class Progress:
    waited_for = ("optD",)
    skipped = 0

    def __init__(self, steps: int, stopped_by: StoppedBy | None) -> None:
        self.steps = steps
        self.rounds = steps // 2
        self.stopped_by = stopped_by


@pytest.mark.parametrize(
    ("how", "exit_status", "steps", "stopped_by", "status", "script_exit"),
    [
        ("ended", 0, 4, None, "complete", 0),
        ("ended", 0, 0, None, "nothing-to-inspect", 0),
        ("exited", 0, 4, None, "complete", 0),
        ("exited", 0, 0, None, "nothing-to-inspect", 0),
        ("exited", 3, 4, None, "crashed", 3),
        ("exited", 3, 0, None, "crashed", 3),
        ("raised", 1, 0, None, "crashed", 1),
        ("interrupted", 130, 0, None, "interrupted", 130),
        ("interrupted", 130, 4, "rounds", "interrupted", 130),
        ("terminated", 143, 4, None, "interrupted", 143),
        ("stopped", None, 4, "rounds", "stopped", None),
        ("stopped", None, 4, "max-steps", "stopped", None),
        ("stopped", None, 4, "timeout", "timeout", None),
        ("stopped", None, 0, "timeout", "timeout", None),
        # The script swallowed the stop signal, and ended in its own way afterwards.
        ("ended", 0, 4, "rounds", "stopped", None),
        ("raised", 1, 4, "rounds", "stopped", None),
    ],
)
def test_outcome(
    how: How,
    exit_status: int | None,
    steps: int,
    stopped_by: StoppedBy | None,
    status: Status,
    script_exit: int | None,
) -> None:
    exception = "ValueError: bad" if how == "raised" else None
    outcome = outcome_of(ScriptEnd(how, exit_status, exception), Progress(steps, stopped_by))
    shown = exception if status == "crashed" else None
    expected = Outcome(status, shown, script_exit, steps // 2, steps, stopped_by, ("optD",))
    assert outcome == expected


@pytest.mark.parametrize("how", ["let go", "leave", "wrap", "exit"])
def test_stop_signal_ends_the_script_silently(how: str, tmp_path: Path) -> None:
    end = run(inspected(["script", "sub/trains.py", how, "9"], limit=3), tmp_path / "work")
    before, report, after = split(end.stderr)
    assert (end.status, before, after) == (STATUS, b"", b"")
    assert end.stdout.endswith(b"cleaned up\n")
    outcome = report["outcome"]
    assert (outcome["status"], outcome["steps"]) == ("stopped", 3)
    assert (outcome["script_exit"], outcome["exception"]) == (None, None)


def test_stop_signal_that_is_swallowed_for_ever_ends_the_process(tmp_path: Path) -> None:
    end = run(inspected(["script", "sub/trains.py", "pass", "10000"], limit=3), tmp_path / "work")
    _, report, _ = split(end.stderr)
    assert (end.status, end.stdout) == (STATUS, b"")
    assert report["outcome"]["status"] == "stopped"


def test_stop_signal_in_a_thread_prints_nothing(tmp_path: Path) -> None:
    end = run(inspected(["script", "sub/trains_in_thread.py"], limit=3), tmp_path / "work")
    before, report, _ = split(end.stderr)
    assert (before, end.stdout, end.status) == (b"", b"joined\n", STATUS)
    assert report["outcome"]["status"] == "stopped"


@pytest.mark.parametrize(
    ("how", "status", "exception"),
    [("let go", "complete", None), ("raise", "crashed", "ValueError: after training")],
)
def test_script_that_ends_before_the_limit(
    how: str, status: str, exception: str | None, tmp_path: Path
) -> None:
    end = run(inspected(["script", "sub/trains.py", how, "2"], limit=3), tmp_path / "work")
    outcome = split(end.stderr)[1]["outcome"]
    assert (outcome["status"], outcome["exception"], outcome["steps"]) == (status, exception, 2)
    assert end.status == STATUS


@pytest.mark.parametrize(
    ("probe", "exception"),
    [
        ("raising.py", "RuntimeError: training diverged\nat once"),
        ("interrupted.py", "KeyboardInterrupt"),
        ("broken_import.py", "SyntaxError: invalid syntax"),
        ("handles_terminate.py", "SystemExit: told to end"),
        ("terminated.py", None),
        ("os_exit.py", None),
    ],
)
def test_exception_is_named(probe: str, exception: str | None, tmp_path: Path) -> None:
    end = run(inspected(["script", f"sub/{probe}"]), tmp_path / "work")
    assert split(end.stderr)[1]["outcome"]["exception"] == exception


def test_timeout_stops_at_the_next_step(tmp_path: Path) -> None:
    probe = ["script", "sub/trains.py", "let go", str(10**9)]
    end = run(inspected(probe, limit=-1, timeout=0.3), tmp_path / "work")
    before, report, _ = split(end.stderr)
    assert (before, end.stdout, end.status) == (b"", b"cleaned up\n", STATUS)
    assert (report["outcome"]["status"], report["notes"]) == ("timeout", [])


def test_timeout_without_a_step_names_the_line_of_every_thread(tmp_path: Path) -> None:
    end = run(inspected(["script", "sub/hangs.py"], timeout=0.3), tmp_path / "work")
    _, report, _ = split(end.stderr)
    assert (end.stdout, end.status) == (b"waiting\n", STATUS)
    assert (report["outcome"]["status"], report["outcome"]["script_exit"]) == ("timeout", None)
    line = (PROBES / "hangs.py").read_text().splitlines().index("    time.sleep(20)") + 1
    place = f"stands at sub/hangs.py:{line} in wait"
    assert report["notes"] == [f"MainThread {place}", f"loader {place}"]


def test_exit_handler_cannot_replace_the_exit_status(tmp_path: Path) -> None:
    end = run(inspected(["script", "sub/leaves_at_exit.py"]), tmp_path / "work")
    assert split(end.stderr)[1]["outcome"]["script_exit"] == 0
    assert end.status == STATUS


@pytest.mark.parametrize("probe", ["raising", "children_print", "prints_at_exit", "os_exit"])
def test_report_has_standard_output_for_itself(probe: str, tmp_path: Path) -> None:
    python = run([f"sub/{probe}.py"], tmp_path / "work")
    command = inspected(["script", f"sub/{probe}.py"])
    end = run(command, tmp_path / "work", STDOUT_ALONE="1")
    assert json.loads(end.stdout)["outcome"]["script_exit"] == python.status
    assert sorted(end.stderr.split()) == sorted((python.stdout + python.stderr).split())


def test_closed_streams_lose_nothing_but_output(tmp_path: Path) -> None:
    command = [sys.executable, *inspected(["script", str(PROBES / "exits.py"), "3"])]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "STDOUT_ALONE": "1"}
    shell = ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *command]
    assert subprocess.run(shell, env=environment, check=False).returncode == STATUS


def wait_for(threads: int) -> bool:
    """Whether the process comes to have as many threads: they start and end a little late."""
    deadline = time.monotonic() + 5
    while _thread._count() != threads and time.monotonic() < deadline:
        time.sleep(0.01)
    return _thread._count() == threads


class Watched:
    """What a watchdog did, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.gave_up = threading.Event()

    def request_stop(self, reason: str) -> None:
        self.done.append(reason)

    def give_up(self, standing: list[str]) -> None:
        self.done.append(f"{len(standing)} standing")
        self.gave_up.set()


def test_watchdog_that_is_cancelled_leaves_no_thread() -> None:
    watched, threads = Watched(), _thread._count()
    with Watchdog(60, watched.request_stop, watched.give_up):
        assert wait_for(threads + 1)
        assert len(threading.enumerate()) == threading.active_count()
        names = [thread.name for thread in threading.enumerate()]
    assert wait_for(threads)
    assert watched.done == []
    assert not [name for name in names if "dummy" in name.lower()]


def test_watchdog_asks_and_then_gives_up() -> None:
    watched = Watched()
    with Watchdog(0.05, watched.request_stop, watched.give_up, grace=0.05):
        assert watched.gave_up.wait(10)
    assert watched.done[0] == "timeout"
    assert watched.done[1:] == [f"{len(sys._current_frames())} standing"]


def test_watchdog_gives_no_up_on_a_script_that_ends_when_asked() -> None:
    watched, threads = Watched(), _thread._count()
    with Watchdog(0.05, watched.request_stop, watched.give_up, grace=60):
        time.sleep(0.3)
    assert wait_for(threads)
    assert watched.done == ["timeout"]


def test_timeout_of_zero_is_none() -> None:
    watched, threads = Watched(), _thread._count()
    with Watchdog(0, watched.request_stop, watched.give_up, grace=0):
        assert _thread._count() == threads
        time.sleep(0.05)
    assert watched.done == []
