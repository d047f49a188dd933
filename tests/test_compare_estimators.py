"""`compare-estimators`: the ranking follows what is known of each function's true gradient."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import torch
from torch import Tensor

from gradcheck_gan.estimators.comparing import ComparisonError, Row, Setting, compare

ROOT = Path(__file__).resolve().parent.parent
QUICK = Setting(samples=150)


def best(rows: tuple[Row, ...]) -> str:
    return rows[0].name


def named(rows: tuple[Row, ...], name: str) -> Row:
    return next(row for row in rows if row.name == name)


def chosen(x: Tensor) -> Tensor:
    return torch.nn.functional.one_hot(x.argmax(), len(x)).float()


def counted(x: Tensor) -> float:
    return sum(1.0 for one in x.tolist() if one > 0.5)


def test_rounding_smoothed_rises_like_its_input() -> None:
    rows = compare(torch.round, QUICK)
    assert best(rows) == "straight_through"
    assert rows[0].cosine > 0.99
    assert rows[0].variance == 0.0
    assert rows[0].calls == 1


def test_a_threshold_matters_only_near_it() -> None:
    rows = compare(lambda x: (x > 0).float(), QUICK)
    assert best(rows) == "straight_through within [-1, 1]"
    assert named(rows, "straight_through").cosine < 0.8


def test_a_choice_is_the_softmax_gradient() -> None:
    rows = compare(chosen, Setting())
    assert best(rows) == "straight_through of softmax"
    assert named(rows, "gumbel_softmax(hard=True)").variance > 0


def test_a_count_leaves_only_the_score_function() -> None:
    rows = compare(counted, QUICK)
    many, few = rows[:2]
    assert (many.name, few.name) == tuple(
        f"score_function_loss, {count} samples" for count in (64, 4)
    )
    assert many.calls == 64
    assert many.variance < few.variance / 8  # one sample in sixteen, so about a sixteenth
    assert "one number out" in named(rows, "straight_through").why_not


def test_what_is_smooth_already_has_the_gradient_of_its_differences() -> None:
    rows = compare(lambda x: 3 * x, QUICK)
    assert rows[0].cosine == pytest.approx(1, abs=1e-4)


def test_random_state_is_left_as_it_was() -> None:
    before = torch.get_rng_state()
    assert compare(torch.round, QUICK)[0].cosine == compare(torch.round, QUICK)[0].cosine
    assert torch.equal(torch.get_rng_state(), before)


def test_constant_functions_are_refused() -> None:
    with pytest.raises(ComparisonError, match="constant"):
        compare(torch.zeros_like, Setting(samples=5))


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gradcheck_gan", "compare-estimators", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = (
        "import torch\n"
        "def bits(x): return (x > 0).float()\n"
        "def broken(x): return x.nonsense\n"
        "def word(x): return 'word'\n"
        "three = 3\n"
    )
    (tmp_path / "mine.py").write_text(source)
    (tmp_path / "fails.py").write_text("import torch\n1 / 0\n")
    return tmp_path


def test_command_prints_a_table_and_draws_it(folder: Path) -> None:
    done = run(folder, "--samples", "100", "-o", "a.svg", "mine:bits")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["estimator", "cosine", "variance", "calls", "ms"]
    assert lines[1].startswith("straight_through within [-1, 1]")
    assert lines[-1].startswith("not measured: ")
    drawn = "".join(ET.parse(folder / "a.svg").getroot().itertext())
    assert "Gradient estimators for mine:bits" in drawn
    assert "score_function_loss, 64 samples" in drawn


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["mine"], "MODULE:FUNCTION"),
        (["absent:bits"], "absent"),
        (["mine:absent"], "'absent'"),
        (["mine:three"], "cannot be called"),
        (["mine:broken"], "mine.py:3"),
        (["mine:word"], "let it return a tensor"),
        (["fails:bits"], "fails.py:2"),
        (["-o", "a.png", "mine:bits"], ".svg"),
        (["-o", "nowhere/a.svg", "--samples", "5", "mine:bits"], "nowhere"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(
    folder: Path, arguments: list[str], told: str
) -> None:
    done = run(folder, *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(folder.glob("*.png"))
