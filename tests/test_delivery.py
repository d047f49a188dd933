"""What is done with a recorded run: shown, written, drawn, and told from a fault of our own."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stages import ERROR, JUDGED, NoSuchPlayerError, Stages, installed, run

from gradcheck_gan.run import Outcome, Status


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stages:
    return installed(monkeypatch, tmp_path)


def test_error_found_is_1_and_stands_on_standard_error(stages: Stages) -> None:
    stages.report = replace(JUDGED, findings=(ERROR,))
    result = run("inspect", "train.py")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "train.py:1: GG101 error detached-player" in result.stderr
    assert "x = 1" in result.stderr
    assert run("inspect", "--fail-on", "never", "train.py").exit_code == 0


def test_json_has_standard_output_alone(stages: Stages) -> None:
    stages.report = replace(JUDGED, findings=(ERROR,))
    result = run("inspect", "--format", "json", "train.py")
    assert result.exit_code == 1
    assert stages.given["redirected"]
    assert json.loads(stages.real_stdout.getvalue())["findings"][0]["code"] == "GG101"
    assert result.output == ""


def test_output_files_redirect_nothing(stages: Stages, tmp_path: Path) -> None:
    files = ["-o", "a.json", "-o", "b.txt", "-o", "json:c.log"]
    result = run("inspect", "--format", "json", *files, "train.py")
    assert result.exit_code == 0
    assert not stages.given["redirected"]
    assert result.stdout == ""
    assert json.loads((tmp_path / "a.json").read_text())["kind"] == "report"
    assert (tmp_path / "c.log").read_bytes() == (tmp_path / "a.json").read_bytes()
    assert (tmp_path / "b.txt").read_text().startswith("No fault found in train.py")
    assert [name for name in ("a.json", "b.txt", "c.log") if name not in result.stderr] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.json",
        "b.txt",
        "c.log",
        "train.py",
    ]


def test_text_stays_on_the_terminal_beside_files(stages: Stages) -> None:
    assert "No fault found" in run("inspect", "-o", "a.json", "train.py").stderr


def test_files_and_excerpts_are_found_when_the_script_leaves_its_folder(
    stages: Stages, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    stages.during = lambda: os.chdir(elsewhere)
    stages.report = replace(JUDGED, findings=(ERROR,))
    run("inspect", "-o", "a.txt", "--graph", "g.svg", "train.py")
    assert "x = 1" in (tmp_path / "a.txt").read_text()
    assert (tmp_path / "g.svg").read_text() == "<svg/>"
    assert list(elsewhere.iterdir()) == []


def test_graph_names_its_renderer(stages: Stages, tmp_path: Path) -> None:
    result = run("inspect", "--graph", "g.svg", "--dot", sys.executable, "train.py")
    assert "wrote g.svg: drawn by a test" in result.stderr
    assert stages.given["dot"] == sys.executable


@pytest.mark.parametrize(("status", "exit_code"), [("interrupted", 130), ("stopped", 2)])
def test_a_picture_that_fails_hides_no_interruption(
    stages: Stages, monkeypatch: pytest.MonkeyPatch, status: Status, exit_code: int
) -> None:
    picture: Any = sys.modules["gradcheck_gan.picture"]  # the one that stands for it here

    def fail(*_: object) -> str:
        raise picture.PictureError("nothing to draw.")

    stages.report = replace(JUDGED, outcome=replace(JUDGED.outcome, status=status))
    monkeypatch.setattr(picture, "write_graph", fail)
    result = run("inspect", "--graph", "g.svg", "train.py")
    assert result.exit_code == exit_code
    assert "Error: nothing to draw." in result.stderr


def test_unmatched_player_name_is_bad_usage(stages: Stages) -> None:
    stages.error = NoSuchPlayerError("no player is called 'x'; there are netG and netD.")
    result = run("inspect", "--generator", "x", "train.py")
    assert result.exit_code == 2
    assert "Error: no player is called 'x'; there are netG and netD." in result.stderr


def test_fault_of_our_own_is_one_sentence(stages: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    stages.error = KeyError("lost")
    result = run("inspect", "train.py")
    assert result.exit_code == 2
    first, end = result.stderr.splitlines()
    assert "KeyError: 'lost'" in first
    assert "please report it" in first
    assert end.startswith("train.py was stopped after 2 rounds")
    monkeypatch.setenv("GRADCHECK_GAN_DEBUG", "1")
    assert "Traceback" in run("inspect", "train.py").stderr


def test_lost_target_leaves_the_report_on_the_terminal(stages: Stages, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    stages.during = (tmp_path / "out").rmdir
    result = run("inspect", "-o", "out/a.txt", "train.py")
    assert result.exit_code == 2
    assert "No fault found" in result.stderr
    assert "'out/a.txt' could not be written" in result.stderr


def test_one_lost_target_leaves_the_others_written(stages: Stages, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    stages.during = (tmp_path / "out").rmdir
    files = ["-o", "out/a.txt", "-o", "b.json", "--graph", "g.svg"]
    result = run("inspect", *files, "train.py")
    assert result.exit_code == 2
    assert json.loads((tmp_path / "b.json").read_text())["kind"] == "report"
    assert (tmp_path / "g.svg").read_text() == "<svg/>"
    last = result.stderr.splitlines()[-1]
    assert last.startswith("Error: 'out/a.txt' could not be written")
    assert "wrote out/a.txt" not in result.stderr


@pytest.mark.parametrize(
    ("outcome", "hinted"),
    [
        (Outcome("complete", None, 2), True),
        (Outcome("crashed", "ValueError: --rounds", 1), True),
        (Outcome("complete", None, 0, 2, 4), False),
        (Outcome("crashed", "KeyError: 1", 1, 1, 3), False),
    ],
)
def test_option_after_a_script_that_fails_on_it_is_hinted(
    stages: Stages, outcome: Outcome, hinted: bool
) -> None:
    stages.report = replace(JUDGED, outcome=outcome)
    result = run("inspect", "train.py", "--rounds=3", "--epochs", "-o", "x", "--rounds", "-")
    hints = [line for line in result.stderr.splitlines() if "stands after" in line]
    expected = [
        "--rounds stands after train.py and went to the script; put it before",
        "-o stands after train.py and went to the script; put it before",
    ]
    assert hints == (expected if hinted else [])
