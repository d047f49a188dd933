"""The plugin as a user meets it: silent where unused, the culprit line where a test fails."""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import torch._dynamo

from gradcheck_gan import pytest_plugin
from gradcheck_gan.asserts import answers, stepping, watched

# pytester unloads what a run has imported: torch bears no second import, and ours take time.
PRELOADED = torch, answers, stepping, watched

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parent.parent
HEAD = """
import pytest, torch
from torch import nn
from gradcheck_gan import assert_gradient_flow, inspect_step

torch.manual_seed(0)
netG, netD = nn.Linear(4, 3), nn.Linear(3, 1)
z = torch.randn(6, 4)
optimizer = torch.optim.SGD(netG.parameters(), lr=0.1)
"""
STEPS = """
@pytest.mark.gradient_flow
def test_steps():
    before = netG.weight.detach().clone()
    for _ in range(2):
        optimizer.zero_grad()
        netD(netG(z).detach()).mean().backward()
        optimizer.step()
    assert not torch.equal(before, netG.weight)
"""
PLAIN = """
@pytest.mark.gradient_flow
def test_plain():
    loss = netD(netG(z).detach()).mean()
    loss.backward()
    assert netG.weight.grad is not None
"""
RIGHT = """
@pytest.mark.gradient_flow
def test_right():
    netD(netG(z)).mean().backward()
    assert netG.weight.grad is None
"""


def options(*more: str) -> list[str]:
    """An installed plugin loads by itself; in a plain checkout it has to be named."""
    installed = {entry.value for entry in entry_points(group="pytest11")}
    named = [] if pytest_plugin.__name__ in installed else ["-p", pytest_plugin.__name__]
    return [*named, "-p", "no:cacheprovider", *more]


@pytest.fixture(autouse=True)
def checkout_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)


def run(pytester: pytest.Pytester, source: str, *more: str) -> pytest.RunResult:
    pytester.makepyfile(HEAD + source)
    return pytester.runpytest_inprocess(*options(*more))


def line_of(text: str, source: str) -> int:
    return (HEAD + source).lstrip("\n").splitlines().index(text) + 1


def section(result: pytest.RunResult) -> list[str]:
    """The lines of the plugin's section."""
    lines = result.stdout.lines
    (start,) = [n for n, line in enumerate(lines) if line.strip("-") == " gradient flow "]
    rest = lines[start + 1 :]
    return rest[: next(n for n, line in enumerate(rest) if line.startswith(("=", "_")))]


def test_the_entry_point_is_the_module() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"gradcheck-gan": pytest_plugin.__name__}


def test_unused_it_imports_neither_torch_nor_the_package(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_light():
            loaded = {name for name in sys.modules if name.split(".")[0] == "gradcheck_gan"}
            assert loaded == {"gradcheck_gan", "gradcheck_gan.pytest_plugin"}
            assert not {"torch", "click", "jinja2", "graphviz"} & set(sys.modules)

        def test_fails_lightly():
            try:
                assert 0
            finally:
                test_light()
        """
    )
    pytester.runpytest_subprocess(*options()).assert_outcomes(passed=1, failed=1)


def test_the_marker_is_registered(pytester: pytest.Pytester) -> None:
    shown = pytester.runpytest_inprocess(*options("--markers")).stdout.str()
    assert "@pytest.mark.gradient_flow: record the test" in shown
    run(pytester, RIGHT, "--strict-markers").assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (STEPS, "        netD(netG(z).detach()).mean().backward()"),
        (PLAIN, "    loss = netD(netG(z).detach()).mean()"),
    ],
    ids=["with steps", "without"],
)
def test_any_failing_assertion_gets_the_line(
    pytester: pytest.Pytester, source: str, line: str
) -> None:
    result = run(pytester, source)
    result.assert_outcomes(failed=1)
    told = section(result)
    place = f"test_any_failing_assertion_gets_the_line.py:{line_of(line, source)}:"
    assert told[0].startswith(place)
    assert told[0].endswith(": GG101 detached-player")
    assert any("fix: " in each for each in told)
    assert any("netG" in each for each in told)


def test_the_section_is_shown_without_captured_output(pytester: pytest.Pytester) -> None:
    assert section(run(pytester, PLAIN, "--show-capture=no"))


def test_a_test_that_fails_for_another_reason_is_told_so(pytester: pytest.Pytester) -> None:
    (told,) = section(run(pytester, RIGHT))
    assert told == "No fault was found in what this test ran (1 backward pass, 1 round, 0 steps)."


def test_a_passing_test_gets_no_section(pytester: pytest.Pytester) -> None:
    result = run(pytester, PLAIN.replace("is not None", "is None"), "-rA")
    result.assert_outcomes(passed=1)
    assert "gradient flow" not in result.stdout.str()


def test_an_exception_is_no_less_explained(pytester: pytest.Pytester) -> None:
    broken = PLAIN.replace("netG(z).detach()", "netG(z).detach()").replace(
        "loss = ", "netD.requires_grad_(False); loss = "
    )
    result = run(pytester, broken)
    assert "does not require grad" in result.stdout.str()
    assert section(result)[0].endswith("GG101 detached-player")


def test_a_plain_loss_has_its_line_in_a_recorded_test(pytester: pytest.Pytester) -> None:
    asked = PLAIN.replace("assert netG.weight.grad is not None", "assert_gradient_flow(loss, netG)")
    result = run(pytester, asked.replace("    loss.backward()\n", ""))
    result.stdout.fnmatch_lines(["E * 0 of 2 parameters of netG *", "E *: GG101 detached-player"])
    assert " gradient flow " not in result.stdout.str()


def test_the_fixture_gives_the_report_so_far(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_reports(gradient_flow):
    assert gradient_flow.report().flow == ()
    for _ in range(2):
        optimizer.zero_grad()
        netD(netG(z).detach()).mean().backward()
        optimizer.step()
    (finding,) = gradient_flow.report().findings
    assert finding.code == "GG101"
    assert inspect_step(lambda: netD(netG(z)).mean().backward()).outcome.rounds == 2
    assert 0
""",
    )
    result.stdout.fnmatch_lines(["E * assert 0"])
    assert section(result)[0].endswith("GG101 detached-player")


def test_marked_methods_of_unittest_are_recorded(pytester: pytest.Pytester) -> None:
    body = PLAIN.replace("\n", "\n    ").replace("test_plain()", "test_plain(self)")
    result = run(pytester, f"import unittest\nclass TestGan(unittest.TestCase):{body}")
    assert section(result)[0].endswith("GG101 detached-player")


def saved(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


PARAMETERS = PLAIN.replace(
    "@pytest", '@pytest.mark.parametrize("case", ["a/b", "../c" * 99])\n@pytest'
).replace("test_plain()", "test_plain(case)")


def test_workers_save_reports_and_pictures_of_failing_tests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(HEAD + PARAMETERS + RIGHT.replace("is None", "is not None"))
    found = pytester.runpytest_subprocess(
        *options("-n", "2", "--gradient-flow-report", "out/reports")
    )
    found.assert_outcomes(failed=2, passed=1)
    folder = pytester.path / "out" / "reports"
    names = saved(folder)
    assert len(names) == 2 * 3
    for suffix in (".json", ".svg", ".txt"):
        assert len([name for name in names if name.endswith(suffix)]) == 2
    for path in folder.glob("*.json"):
        report = json.loads(path.read_text(encoding="utf-8"))
        assert [finding["code"] for finding in report["findings"]] == []
    assert found.stdout.str().count("wrote ") == 2 * 3


def test_a_failing_assertion_needs_no_marker_to_be_saved(pytester: pytest.Pytester) -> None:
    source = """
def test_bare():
    assert_gradient_flow(lambda: netD(netG(z).detach()).mean(), netG)
"""
    result = run(pytester, source, "--gradient-flow-report", "out")
    result.assert_outcomes(failed=1)
    (path,) = (pytester.path / "out").glob("*.json")
    report = json.loads(path.read_text(encoding="utf-8"))
    assert [finding["code"] for finding in report["findings"]] == ["GG101"]
    assert "GG101" in path.with_suffix(".svg").read_text(encoding="utf-8")


def test_file_names_are_safe_and_differ() -> None:
    names = [pytest_plugin.file_name(f"t.py::test[{case}]") for case in ("a/b", "a:b", "a b", "ä")]
    assert len(set(names)) == 4
    assert all(name.replace("-", "").isascii() for name in names)
    assert all(len(pytest_plugin.file_name("x" * size)) < 100 for size in (1, 1000))
