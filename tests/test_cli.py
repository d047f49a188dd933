"""The command line: what is asked of the stages, and what is refused before they run."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from stages import ERROR, JUDGED, Stages, installed, run

from gradcheck_gan import __version__
from gradcheck_gan.cli import main
from gradcheck_gan.report import explain


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stages:
    return installed(monkeypatch, tmp_path)


def test_defaults_are_those_of_the_contract(stages: Stages) -> None:
    assert run("inspect", "train.py").exit_code == 0
    given = stages.given
    assert (given["rounds"], given["max_steps"], given["timeout"]) == (2, 500, 300)
    assert vars(given["options"]) == {
        "select": (),
        "ignore": (),
        "generator": (),
        "discriminator": (),
        "severities": {},
    }


def test_nothing_is_written_and_no_card_is_needed_by_default(
    stages: Stages, tmp_path: Path
) -> None:
    run("inspect", "train.py")
    wanted = stages.given["stand_ins"]
    assert (wanted.on_cpu, wanted.batch_size) == (True, None)
    assert {Path(folder) for folder in wanted.folders} == {tmp_path}


def test_stand_ins_are_what_was_asked_for(stages: Stages) -> None:
    run("inspect", "--batch-size", "4", "--keep-writes", "--start-after", "7", "train.py")
    assert stages.given["start_after"] == 7
    wanted = stages.given["stand_ins"]
    assert (wanted.batch_size, wanted.folders) == (4, ())
    assert (wanted.fake_data, wanted.setup) == (False, None)
    run("inspect", "--fake-data", "--setup", "stub.py", "train.py")
    wanted = stages.given["stand_ins"]
    assert (wanted.fake_data, wanted.setup) == (True, "stub.py")


def test_options_reach_their_stage(stages: Stages) -> None:
    limits = ["--rounds", "3", "--max-steps", "9", "--timeout", "0"]
    names = ["--generator", "a", "--generator", "b", "--discriminator", "c"]
    rules = ["--select", "gg1,GG206", "--select", "GG101", "--ignore", "GG2"]
    levels = ["--severity", "gg2=error", "--severity", "GG206=Note"]
    assert run("inspect", *limits, *names, *rules, *levels, "train.py").exit_code == 0
    given = stages.given
    assert (given["rounds"], given["max_steps"], given["timeout"]) == (3, 9, 0)
    assert vars(given["options"]) == {
        "select": ("GG1", "GG206", "GG101"),
        "ignore": ("GG2",),
        "generator": ("a", "b"),
        "discriminator": ("c",),
        "severities": {"GG2": "error", "GG206": "note"},
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ("-o", "out", "--rounds", "7"),
        ("--", "-m", "x"),
        ("--help",),
        ("--rounds=9", "--", "-"),
        ("*.py", ""),
    ],
)
@pytest.mark.parametrize("start", [("train.py",), ("-m", "pkg.train")])
def test_what_follows_the_program_is_its_own(
    stages: Stages, start: tuple[str, ...], arguments: tuple[str, ...]
) -> None:
    assert run("inspect", "--rounds", "1", *start, *arguments).exit_code == 0
    given = stages.given["target"]
    assert given.arguments == arguments
    assert given.name == start[-1]
    assert given.kind == ("module" if "-m" in start else "script")
    assert stages.given["rounds"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--graph", "g.bmp"), ["'g.bmp'", ".svg, .png, .pdf or .dot"]),
        (("-o", "a.pdf"), ["'a.pdf'", ".txt, .json, .html"]),
        (("-o", "missing/a.txt"), ["'missing/a.txt'", "does not exist"]),
        (("-o", "folder.txt"), ["'folder.txt'", "is a folder"]),
        (("-o", "json:"), ["names no file"]),
        (("-o", "a.dot", "--graph", "a.dot"), ["'a.dot'"]),
        (("-o", "a.txt", "-o", "./a.txt"), ["named twice"]),
        (("--select", "GG110"), ["'GG110'", "did you mean GG101?", "gradcheck-gan rules"]),
        (("--ignore", "GG9"), ["'GG9'", "did you mean GG"]),
        (("--dot", "/no/such/dot"), ["/no/such/dot"]),
        (("--rounds", "0"), ["--rounds"]),
        (("--severity", "GG2"), ["'GG2' is no CODES=LEVEL", "error, warning and note"]),
        (("--severity", "GG2=bad"), ["'GG2=bad' is no CODES=LEVEL"]),
        (("--severity", "GG9=note"), ["'GG9'", "did you mean"]),
        (("--baseline", "b.json"), ["'b.json'", "--update-baseline"]),
        (("--update-baseline",), ["--baseline FILE"]),
        (("--save-run", "train.py"), ["'train.py' exists and is no run"]),
        (("--baseline", "train.py", "--update-baseline"), ["exists and is no baseline"]),
        (("-o", "text:train.py"), ["'train.py' is the script itself"]),
        (("--config", "none.toml"), ["no such file: 'none.toml'"]),
        (("--format", "pdf"), ["pdf", "json"]),
        (("--nope",), ["--nope"]),
    ],
)
def test_bad_usage_is_told_before_anything_runs(
    stages: Stages, tmp_path: Path, arguments: tuple[str, ...], said: list[str]
) -> None:
    (tmp_path / "folder.txt").mkdir()
    result = run("inspect", *arguments, "train.py")
    assert result.exit_code == 2
    message = result.stderr.splitlines()[-1]
    assert message.startswith("Error: ")
    assert [part for part in said if part not in message] == []
    assert stages.given == {}


def test_missing_program_is_told_in_one_sentence(stages: Stages) -> None:
    result = run("inspect", "nope.py")
    assert (result.exit_code, result.stderr) == (2, "Error: no such file: nope.py\n")
    assert run("inspect").exit_code == 2


def test_rules_are_listed_a_line_each(stages: Stages) -> None:
    result = run("rules")
    first, second = result.stdout.splitlines()
    assert first.split() == ["GG101", "error", "detached-player", "Cut."]
    assert second.endswith("Moved. (off by default)")


def test_explain_prints_the_page(
    stages: Stages, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = "# GG101 detached-player\n\nWhy.\n\n```python\nfake.detach()\n```\n"
    (tmp_path / "GG101.md").write_text(page)
    monkeypatch.setattr(explain, "FOLDERS", (tmp_path / "absent", tmp_path))
    result = run("explain", "gg101")
    assert result.stdout.splitlines() == [
        "GG101 detached-player",
        "=====================",
        "",
        "Why.",
        "",
        "    fake.detach()",
    ]
    unknown = run("explain", "GG102")
    assert unknown.exit_code == 2
    assert "did you mean GG101?" in unknown.stderr


def test_interrupt_before_the_script_runs_is_130(
    stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    stages.during = interrupt
    assert status_of(["inspect", "train.py"], monkeypatch) == 130


def test_process_status_is_that_of_the_command(
    stages: Stages, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(["rules"], monkeypatch) == 0
    assert status_of(["inspect", "nope.py"], monkeypatch) == 2
    assert status_of(["explain", "GG102"], monkeypatch) == 2
    stages.report = replace(JUDGED, findings=(ERROR,))
    assert status_of(["inspect", "train.py"], monkeypatch) == 1
    monkeypatch.setattr(stages, "during", lambda: 1 / 0)
    capsys.readouterr()
    assert status_of(["inspect", "train.py"], monkeypatch) == 2
    assert "itself failed while running: ZeroDivisionError" in capsys.readouterr().err


def status_of(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["gradcheck-gan", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


@pytest.mark.parametrize("arguments", [["--help"], ["inspect", "--help"], ["inspect", "no.py"]])
def test_torch_is_not_imported_before_it_is_needed(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gradcheck_gan", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    modules = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "gradcheck_gan.cli" in modules
    assert not modules & {"torch", "numpy", "graphviz", "torchviz"}


def test_version_is_printed() -> None:
    assert run("--version").stdout == f"gradcheck-gan {__version__}\n"
