"""The benchmark of operators: what it counts as right, and a sample of what it measures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks.operators import table, truth
from benchmarks.operators.measuring import Judged, Measured, is_right
from benchmarks.operators.samples import Sample, UnusableError, all_samples
from benchmarks.operators.truth import Kind, Shown

ROOT = Path(__file__).resolve().parent.parent
FLAT, STEEP = Shown("zero", True, True), Shown("zero", False, True)


@pytest.mark.parametrize(
    ("shown", "findings", "depends", "right"),
    [
        (Shown("flows", False, True), (), False, True),
        (Shown("flows", False, True), ("GG201:9",), False, False),
        (Shown("cut", False, True), ("GG103:7",), False, True),
        (Shown("cut", False, True), ("GG101:7",), False, True),
        (Shown("cut", False, True), ("GG103:8",), False, False),
        (Shown("cut", False, True), (), False, False),
        (Shown("cut", False, True), ("GG109:9",), False, False),
        (Shown("cut", False, False), ("GG109:9",), False, True),
        (FLAT, ("GG104:7",), False, True),
        (FLAT, ("GG104:8",), False, False),
        (FLAT, (), False, False),
        (STEEP, ("GG104:7",), True, False),
        (STEEP, ("GG107:7",), True, True),
        (STEEP, (), True, True),
        (Shown("overflows", False, True), ("GG107:9",), False, True),
    ],
)
def test_a_verdict_is_right_or_wrong(
    shown: Shown, findings: tuple[str, ...], depends: bool, right: bool
) -> None:
    assert is_right(shown, findings, 7, depends=depends) is right


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("exp", {"flows"}),
        ("round", {"zero"}),
        ("argmax", {"cut"}),
        ("nn.functional.relu", {"flows", "zero"}),
        ("special.bessel_j0", {"cut"}),
        ("normal", {"zero"}),
    ],
)
def test_samples_show_what_autograd_does(name: str, kinds: set[Kind]) -> None:
    assert set(truth.kinds(name)) == kinds


@pytest.mark.parametrize(
    ("name", "reason"), [("item", "no tensor"), ("bitwise_not", "no floating"), ("geqrf", "raises")]
)
def test_an_operator_that_cannot_be_used_has_a_reason(name: str, reason: str) -> None:
    with pytest.raises(UnusableError, match=reason):
        truth.kinds(name)


def test_samples_are_the_same_whenever_they_are_drawn() -> None:
    first = all_samples("exp")
    all_samples.cache_clear()
    assert all(
        torch.equal(one.noise[0], other.noise[0])
        for one, other in zip(first, all_samples("exp"), strict=True)
    )


def test_a_program_is_judged_by_what_its_optimizer_finds(tmp_path: Path) -> None:
    sample = Sample(torch.round, (torch.ones(2),), False, (), {})
    path = tmp_path / "program.py"
    for made, kind in (("p * 2", "flows"), ("p.round()", "zero"), ("q", "cut")):
        path.write_text(
            "import torch\np, q = (torch.ones(2, requires_grad=True) for _ in 'pq')\n"
            f"optG = torch.optim.SGD([p], lr=0.1)\n({made}).sum().backward()\noptG.step()\n"
        )
        assert truth.shown(path, sample) == Shown(kind, True, True)  # type: ignore[arg-type]


def test_the_page_gets_the_figures_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("above\n<!-- operators -->\nold\n<!-- /operators -->\nbelow\n")
    wrong = Judged(0, "cut", (), "cut, but said nothing")
    table.update(page, [Measured("op", "cut", (wrong,)), Measured("no", "", reason="is no use")])
    text = page.read_text()
    assert text.startswith("above\n<!-- operators -->\n")
    assert text.endswith("<!-- /operators -->\nbelow\n")
    assert "old" not in text
    assert "- `op`, sample 0: cut, but said nothing" in text
    assert "- is no use (1): `no`" in text
    page.write_text("no marks\n")
    with pytest.raises(ValueError, match="operators"):
        table.update(page, [])


def test_a_sample_of_operators_is_judged_rightly() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.operators", "--sample", "20", "--seed", "5"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Wrong: none." in run.stdout
