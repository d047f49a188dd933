"""A run comes back from its file as it was, and what is no run is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pipeline import record_in_process
from stages import ERROR, JUDGED

from gradcheck_gan import stored
from gradcheck_gan.checking import judge
from gradcheck_gan.cli import cli
from gradcheck_gan.ignores import Ignore
from gradcheck_gan.run import (
    Backward,
    Clip,
    Deposit,
    Freeze,
    Location,
    Outcome,
    Run,
    Step,
    Unscaling,
    Write,
)
from gradcheck_gan.stored import StoredError, StoredRun, dump, load

HERE = Location("train.py", 3, 1, 3, 9, "train")
EVENTS = (
    Backward(
        7,
        "backward",
        1,
        HERE,
        "site",
        (5, 6),
        {1: Deposit(False, True, float("nan")), 2: Deposit(True, False, float("-inf"))},
        frozenset({1, 2}),
        error="RuntimeError: x",
        signals={3: (0.5, -1.0), 4: ()},
    ),
    Step(9, 1, 1, None, "s", {1: "none", 2: "nonfinite"}, skipped=True),
    Write(10, 1, 2, None, HERE),
    Freeze(11, 2, requires_grad=False, location=HERE),
)
UNSCALED = Unscaling(12, 1, 1, 1, HERE, 65536.0, frozenset({1}), overflow=True)
CLIPPED = Clip(13, 1, None, "norm", 1.0, float("inf"), frozenset({1, 2}))
OUTCOME = Outcome("crashed", "ValueError: ü\ud800", 1, waited_for=("optD",), overflowed=1)
RUN = Run("train.py", OUTCOME, events=EVENTS, unscalings=(UNSCALED,), clips=(CLIPPED,))
KEPT = StoredRun(RUN, JUDGED, (Ignore("train.py", 1, "GG1", 1, 2),), {"train.py": {3: "x = 'ü'"}})


def same(one: StoredRun, other: StoredRun) -> bool:
    return repr(one) == repr(other)  # NaN is not equal to itself


def test_everything_comes_back() -> None:
    assert same(load(dump(KEPT), "run.json"), KEPT)


def test_a_real_run_comes_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seed = Path(__file__).parents[1] / "fixtures" / "seeds"
    program = min(seed.glob("*.py"))
    monkeypatch.chdir(program.parent)
    _, run = record_in_process([program.name])
    kept = StoredRun(run, judge(run), (), {})
    assert run.values
    assert load(dump(kept), "run.json") == kept


def changed(**changes: Any) -> str:
    document = json.loads(dump(KEPT))
    document.update(changes)
    return json.dumps({key: one for key, one in document.items() if one is not ...})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        "null",
        "{}",
        "\x00",
        "[" * 100_000,
        '{"kind": "report", "format": 1}',
        '{"kind": "run", "format": 1}',
        changed(run={}),
        changed(run={"target": 1, "outcome": {"status": "complete"}}),
        changed(run={"target": "x", "outcome": {"status": "finished"}}),
        changed(run={"target": "x", "outcome": {"status": "complete"}, "events": [{"event": "?"}]}),
        changed(run={"target": "x", "outcome": {"status": "complete"}, "values": {"a": {}}}),
        changed(report=[]),
        changed(sources={"train.py": {"1": 5}}),
        changed(more=1),
    ],
)
def test_what_is_no_run_is_refused(text: str) -> None:
    with pytest.raises(StoredError, match=r"'a.json' is no recorded run; .* --save-run FILE"):
        load(text, "a.json")


def test_another_format_is_refused_by_its_number() -> None:
    text = json.dumps({"kind": "run", "format": 99})
    with pytest.raises(StoredError, match="format 99, and this version reads format 1"):
        load(text, "a.json")


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A kept run in the folder that is worked in, whose script is gone."""
    monkeypatch.chdir(tmp_path)
    report = JUDGED.__class__(
        JUDGED.tool, JUDGED.target, JUDGED.outcome, JUDGED.players, JUDGED.flow, (ERROR,)
    )
    kept = StoredRun(Run("train.py", JUDGED.outcome), report, (), {"train.py": {1: "x = cut()"}})
    (tmp_path / "run.json").write_text(dump(kept))
    return tmp_path


def show(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ("report", *arguments), catch_exceptions=False)


def test_report_shows_a_kept_run_with_its_lines(recorded: Path) -> None:
    result = show("run.json")
    assert result.exit_code == 1
    assert "train.py:1: GG101 error detached-player" in result.stderr
    assert "x = cut()" in result.stderr


def test_report_chooses_and_renders_anew(recorded: Path) -> None:
    assert show("--ignore", "GG101", "run.json").exit_code == 0
    assert show("--severity", "GG101=note", "run.json").exit_code == 0
    show("-o", "a.sarif", "-o", "a.md", "run.json")
    assert "GG101" in (recorded / "a.sarif").read_text()
    assert "x = cut()" in (recorded / "a.md").read_text()


@pytest.mark.parametrize("name", ["none.json", "folder", "binary.json", "text.json"])
def test_report_refuses_what_it_cannot_read(recorded: Path, name: str) -> None:
    (recorded / "folder").mkdir()
    (recorded / "binary.json").write_bytes(b"\xff\xfe")
    (recorded / "text.json").write_text("hello")
    result = show(name)
    assert result.exit_code == 2
    assert repr(name) in result.stderr
    assert "Traceback" not in result.stderr


def test_cited_lines_are_those_of_the_findings(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("first\nsecond\n")
    report = JUDGED.__class__(
        JUDGED.tool, JUDGED.target, JUDGED.outcome, JUDGED.players, JUDGED.flow, (ERROR,)
    )
    assert stored.cited(report, tmp_path) == {"train.py": {1: "first"}}
