"""The table in pyproject.toml: where it is found, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from stages import ERROR, JUDGED, Stages, installed, run

from gradcheck_gan.commandline.config import Config, ConfigError, find, load

TABLE = "[tool.gradcheck-gan]\nrounds = 3\n"


def test_the_nearest_file_that_has_the_table_counts(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(TABLE)
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.other]\nrounds = 5\n")
    assert find(inner) == Config({"rounds": 3}, tmp_path / "pyproject.toml")


def test_without_a_table_there_are_no_options(tmp_path: Path) -> None:
    assert find(tmp_path).options == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [("[tool", "no valid TOML"), ("[tool]\ngradcheck-gan = 1\n", "is no table"), ("\xff", "TOML")],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=told):
        find(tmp_path)


def test_a_file_that_is_named_must_have_the_table(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text("[tool.other]\n")
    with pytest.raises(ConfigError, match="has no table"):
        load(file)


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stages:
    return installed(monkeypatch, tmp_path)


def configure(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.gradcheck-gan]\n{text}\n")


def test_every_kind_of_option_can_be_configured(stages: Stages, tmp_path: Path) -> None:
    configure(
        tmp_path,
        """
rounds = 5
timeout = 1.5
max-steps = 7
select = ["GG1", "GG206"]
ignore = "GG101"
generator = ["netG"]
fail-on = "never"
output = ["a.json", "markdown:b.log"]
severity = { GG206 = "error" }
""",
    )
    stages.report = replace(JUDGED, findings=(ERROR,))
    assert run("inspect", "train.py").exit_code == 0
    assert (stages.given["rounds"], stages.given["max_steps"]) == (5, 7)
    assert stages.given["timeout"] == 1.5
    options = stages.given["options"]
    assert (options.select, options.ignore) == (("GG1", "GG206"), ("GG101",))
    assert options.generator == ("netG",)
    assert options.severities == {"GG206": "error"}
    assert {"a.json", "b.log"} <= {path.name for path in tmp_path.iterdir()}


def test_the_command_line_wins(stages: Stages, tmp_path: Path) -> None:
    configure(tmp_path, "rounds = 5\nselect = ['GG1']")
    assert run("inspect", "--rounds", "3", "--select", "GG206", "train.py").exit_code == 0
    assert stages.given["rounds"] == 3
    assert stages.given["options"].select == ("GG206",)


def test_files_stand_where_the_configuration_does(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(tmp_path, "output = ['a.json']")
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert run("inspect", "../train.py").exit_code == 0
    assert (tmp_path / "a.json").exists()


def test_another_file_can_be_named(stages: Stages, tmp_path: Path) -> None:
    configure(tmp_path, "rounds = 5")
    (tmp_path / "ci.toml").write_text("[tool.gradcheck-gan]\nrounds = 9\n")
    assert run("inspect", "--config", "ci.toml", "train.py").exit_code == 0
    assert stages.given["rounds"] == 9


def test_help_needs_no_configuration(stages: Stages, tmp_path: Path) -> None:
    configure(tmp_path, "nonsense = 1")
    assert run("inspect", "--help").exit_code == 0
    assert run("rules").exit_code == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("round = 3", "'round' in [tool.gradcheck-gan]"),
        ("round = 3", "did you mean 'rounds'?"),
        ("xyzzy = 3", "is no option; known are baseline, "),
        ("rounds = 0", "'rounds' in [tool.gradcheck-gan]"),
        ("rounds = 'many'", "'many' is not a valid"),
        ("rounds = [1]", "[1] has the wrong type"),
        ("rounds = { a = 1 }", "has the wrong type"),
        ("select = ['GG999']", "no rule is called 'GG999'"),
        ("fail-on = 'maybe'", "'fail-on'"),
        ("severity = { GG206 = 'loud' }", "'GG206=loud' is no CODES=LEVEL"),
        ("output = ['a.pdf']", "does not say its format"),
        ("module = true", "is no option"),
    ],
)
def test_what_is_wrong_is_told_before_anything_runs(
    stages: Stages, tmp_path: Path, text: str, told: str
) -> None:
    configure(tmp_path, text)
    result = run("inspect", "train.py")
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())
    assert stages.given == {}


def test_a_baseline_is_written_and_then_hides_what_is_known(stages: Stages, tmp_path: Path) -> None:
    stages.report = replace(JUDGED, findings=(ERROR,))
    written = run("inspect", "--baseline", "b.json", "--update-baseline", "train.py")
    assert written.exit_code == 0
    assert "wrote b.json" in written.stderr
    hidden = run("inspect", "--baseline", "b.json", "train.py")
    assert hidden.exit_code == 0
    assert "left out: 1 finding that the baseline knows" in hidden.stderr
    stages.report = JUDGED
    assert (
        "gone since the baseline: GG101 at train.py:1"
        in run("inspect", "--baseline", "b.json", "train.py").stderr
    )
    stages.report = replace(JUDGED, findings=(replace(ERROR, code="GG102"),))
    assert run("inspect", "--baseline", "b.json", "train.py").exit_code == 1


def test_a_comment_in_the_script_silences(stages: Stages, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("x = 1  # gradcheck: ignore[GG101] frozen on purpose\n")
    stages.report = replace(JUDGED, findings=(ERROR,))
    assert run("inspect", "train.py").exit_code == 0
