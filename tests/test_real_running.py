"""Each public program runs in a process of its own, which ends within a limit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.real import running
from benchmarks.real.programs import Program

PROGRAM = Program("x", "o/x", ".", ["a.py"], "Fine.", shims=["old"])
STARTS_ANOTHER = """
import os, pathlib, time
if os.fork() == 0:
    pathlib.Path("started").write_text(str(os.getpid()))
time.sleep(60)
"""


def test_program_is_ended_at_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "LIMIT", 0.5)
    argv = ["-c", "import time; time.sleep(60)"]
    start = time.monotonic()
    assert running._run(PROGRAM, tmp_path, argv, tmp_path / "o.json") is None
    assert time.monotonic() - start < 30


def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", STARTS_ANOTHER]
    child = subprocess.Popen(argv, cwd=tmp_path, start_new_session=True)
    started = tmp_path / "started"
    with running._killed_at_the_end(child):
        while not (started.is_file() and started.read_text()):
            time.sleep(0.01)
    end = time.monotonic() + 30
    while is_running(int(started.read_text())):  # the signal is on its way
        assert time.monotonic() < end
        time.sleep(0.01)


def is_running(process: int) -> bool:
    """A killed one stays in the table of processes until somebody asks for its status."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2]
    except OSError:
        return False
    return not state.startswith(("Z", "X"))


def test_program_sees_its_shims_and_the_stand_ins(tmp_path: Path) -> None:
    source = (
        "import json, os, visdom\n"
        "print(json.dumps([os.environ['RUN_SHIMS'], in_channels, str(visdom)]))\n"
    )
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    program = Program("x", "o/x", ".", ["a.py"], "Fine.", shims=["in_channels"])
    folder = tmp_path / "work"
    folder.mkdir()
    (tmp_path / "a.py").rename(folder / "a.py")
    assert running.ledger(program, folder, tmp_path / "o.json") is not None
    told = (tmp_path / "o.log").read_text(encoding="utf-8").splitlines()[-1]
    shims, number, visdom = json.loads(told)
    assert (shims, number) == ("in_channels", 3)
    assert "visdom" in visdom
    assert running.inspect(program, folder, tmp_path / "r.json") is not None
    assert "left out since they draw" in (tmp_path / "r.log").read_text(encoding="utf-8")


def test_ledger_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    out = tmp_path / "a.ledger.json"
    out.write_text('{"steps": 7}')
    assert running.ledger(PROGRAM, tmp_path, out) == {"steps": 7}
    assert os.listdir(tmp_path) == [out.name]
