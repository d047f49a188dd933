"""The report that library calls give back: what it holds, shows, saves and raises."""

from __future__ import annotations

import ast
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import gradcheck_gan
from gradcheck_gan import GradientFlowError, Report, inspect_step
from gradcheck_gan.picture import PictureError

ROOT = Path(__file__).resolve().parent.parent


class Gan:
    def __init__(self) -> None:
        torch.manual_seed(0)
        self.netG: Any = nn.Linear(4, 3)
        self.netD: Any = nn.Linear(3, 1)
        self.optG = torch.optim.SGD(self.netG.parameters(), lr=0.1)
        self.optD = torch.optim.SGD(self.netD.parameters(), lr=0.1)
        self.z, self.real = torch.randn(6, 4), torch.randn(6, 3)

    def right(self) -> None:
        fake = self.netG(self.z)
        self.optD.zero_grad()
        (self.netD(fake.detach()).mean() - self.netD(self.real).mean()).backward()
        self.optD.step()
        self.optG.zero_grad()
        (-self.netD(fake).mean()).backward()
        self.optG.step()

    def wrong(self) -> None:
        fake = self.netG(self.z).detach()
        self.optD.zero_grad()
        (self.netD(fake).mean() - self.netD(self.real).mean()).backward()
        self.optD.step()
        self.optG.zero_grad()
        (-self.netD(fake).mean()).backward()
        self.optG.step()


CUT = Gan.wrong.__code__.co_firstlineno + 1


@pytest.fixture
def gan() -> Gan:
    return Gan()


def test_a_right_step_has_no_finding(gan: Gan) -> None:
    report = inspect_step(gan.right)
    assert report.findings == ()
    report.raise_on("note")
    assert {(p.name, p.role) for p in report.players} == {
        ("netG", "generator"),
        ("netD", "discriminator"),
    }
    assert (report.outcome.rounds, report.outcome.steps) == (2, 4)


def test_a_wrong_step_is_found_at_its_line(gan: Gan) -> None:
    (finding,) = inspect_step(gan.wrong).findings
    assert (finding.code, finding.location.line) == ("GG101", CUT)
    assert finding.location.path.endswith("tests/test_inspect_step.py")
    assert (finding.first_round, finding.last_round, finding.count) == (1, 2, 2)


def test_a_comment_silences_it_as_on_the_command_line(gan: Gan) -> None:
    def step() -> None:
        fake = gan.netG(gan.z).detach()  # gradcheck: ignore[GG101] a test
        gan.optG.zero_grad()
        gan.netD(fake).mean().backward()
        gan.optG.step()

    assert inspect_step(step).findings == ()


@pytest.mark.parametrize("who", ["module", "name", "list"])
def test_roles_are_given_by_module_or_name(gan: Gan, who: str) -> None:
    given: dict[str, Any] = {"module": gan.netD, "name": "netD", "list": [gan.netD]}
    report = inspect_step(gan.right, generator=given[who])
    assert {p.name: p.role for p in report.players}["netD"] == "generator"


def test_a_name_that_fits_nobody_is_refused(gan: Gan) -> None:
    with pytest.raises(Exception, match=r"no player is called 'critic'.*netG"):
        inspect_step(gan.right, discriminator="critic")


def test_misuse_is_explained(gan: Gan) -> None:
    with pytest.raises(TypeError, match="cannot be called"):
        inspect_step(gan.netG.weight)
    with pytest.raises(ValueError, match="at least 1"):
        inspect_step(gan.right, rounds=0)


def test_optimizers_that_are_given_are_known(gan: Gan) -> None:
    def step() -> None:
        gan.optD.zero_grad()
        gan.netD(gan.real).mean().backward()
        gan.optD.step()

    run = inspect_step(step, optimizers=[gan.optG]).run
    assert run is not None
    assert {optimizer.name for optimizer in run.optimizers.values()} == {"gan.optD", "gan.optG"}


def test_show_prints_the_text(gan: Gan, capsys: pytest.CaptureFixture[str]) -> None:
    report = inspect_step(gan.wrong)
    report.show()
    assert capsys.readouterr().out == str(report)
    assert str(report).startswith("1 error in Gan.wrong() (2 rounds, 4 steps)\n")


def test_save_writes_what_the_ending_names(gan: Gan, tmp_path: Path) -> None:
    report = inspect_step(gan.wrong)
    report.save(tmp_path / "r.txt")
    assert (tmp_path / "r.txt").read_text("utf-8") == str(report)
    report.save(str(tmp_path / "r.json"))
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["kind"] == "report"
    for name in ("r.html", "r.sarif", "r.md", "r.xml"):
        report.save(tmp_path / name)
        assert "GG101" in (tmp_path / name).read_text("utf-8")
    report.save(tmp_path / "r.svg")
    assert "GG101" in (tmp_path / "r.svg").read_text("utf-8")


def test_an_unknown_ending_is_refused_with_those_there_are(gan: Gan, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.txt .*\.json.*\.svg"):
        inspect_step(gan.wrong).save(tmp_path / "r.doc")
    assert not list(tmp_path.iterdir())


def test_nothing_to_draw_is_said(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="No backward pass"):
        inspect_step(lambda: None).save(tmp_path / "r.svg")


def test_raise_on_heeds_the_severity(gan: Gan) -> None:
    report = inspect_step(gan.wrong)
    with pytest.raises(GradientFlowError, match="GG101") as caught:
        report.raise_on("error")
    assert caught.value.report is report
    assert [entry.name for entry in caught.traceback if not entry.ishidden(caught)] == [
        "test_raise_on_heeds_the_severity"
    ]

    def leaves_fakes_attached() -> None:
        gan.optD.zero_grad()
        (gan.netD(gan.netG(gan.z)).mean() - gan.netD(gan.real).mean()).backward()
        gan.optD.step()
        gan.optG.zero_grad()
        (-gan.netD(gan.netG(gan.z)).mean()).backward()
        gan.optG.step()

    warned = inspect_step(leaves_fakes_attached)
    assert [finding.severity for finding in warned.findings] == ["warning"]
    warned.raise_on("error")
    with pytest.raises(GradientFlowError):
        warned.raise_on("warning")
    with pytest.raises(ValueError, match="no severity"):
        warned.raise_on("fatal")  # type: ignore[arg-type]


def test_what_judged_nothing_does_not_pass(gan: Gan) -> None:
    with pytest.raises(GradientFlowError, match="no backward pass ran"):
        inspect_step(lambda: None).raise_on("error")
    with pytest.raises(GradientFlowError, match="no torch optimizer stepped"):
        inspect_step(lambda: gan.netD(gan.real).mean().backward()).raise_on("error")


def test_errors_and_reports_can_be_pickled(gan: Gan) -> None:
    report = inspect_step(gan.wrong)
    assert pickle.loads(pickle.dumps(report)) == report
    error = pickle.loads(pickle.dumps(GradientFlowError("told", report)))
    assert (str(error), error.report) == ("told", report)


def test_names_are_public_and_lazy() -> None:
    code = (
        "import sys, gradcheck_gan as g; light = set(sys.modules); g.assert_gradient_flow; "
        "g.inspect_step; g.Report; print('torch' in sys.modules, 'click' in light)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert ran.stdout.split() == ["False", "False"], ran.stderr
    assert {"assert_gradient_flow", "draw", "Report"} <= set(dir(gradcheck_gan))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = gradcheck_gan.nothing


def test_typed_names_and_lazy_names_are_the_same() -> None:
    tree = ast.parse((ROOT / "gradcheck_gan" / "__init__.py").read_text("utf-8"))
    typed = {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    assert typed == set(gradcheck_gan._HOMES)
    assert Report is gradcheck_gan.Report
