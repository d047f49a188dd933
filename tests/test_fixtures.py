"""Every fixture gives the findings that its comments mark, on those lines, and no other."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import (
    FIXTURES,
    ROOT,
    Fixture,
    Mark,
    Result,
    Server,
    difference,
    programs,
    read_fixture,
    read_marks,
    relative,
)

PROGRAMS = programs()

STUB = '''
import os, runpy, sys, time
from gradcheck_gan.finding import Finding, Report, Tool
from gradcheck_gan.run import Location, Outcome

def inspect(argv):
    """Runs the script; each name `codes` in it becomes a finding on that line."""
    space = runpy.run_path(argv[-1], run_name="__main__")
    findings = tuple(
        Finding(code, "stub", "error", " ".join(argv), Location(argv[-1], line), "do better")
        for code, line in space.get("codes", {}).items()
    )
    tool = Tool("stub", "0", None, "3")
    return Report(tool, argv[-1], Outcome("complete"), findings=findings)
'''


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose pipeline finds what the script tells it to."""
    folder = tmp_path_factory.mktemp("stub")
    (folder / "stub_pipeline.py").write_text(STUB)
    with Server("stub_pipeline:inspect", [folder], timeout=2) as running:
        yield running


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Fixture]:
    def write_program(source: str) -> Fixture:
        path = tmp_path / "program.py"
        path.write_text(source)
        return read_fixture(path)

    return write_program


@pytest.mark.parametrize("path", PROGRAMS, ids=relative)
def test_findings_are_those_marked(server: Server, path: Path) -> None:
    fixture = read_fixture(path)
    assert not (wrong := difference(fixture, server.run(fixture))), wrong


@pytest.mark.parametrize("path", PROGRAMS, ids=relative)
def test_says_first_what_it_is(path: Path) -> None:
    main = path / "__main__.py" if path.is_dir() else path
    sentence = (ast.get_docstring(ast.parse(main.read_text())) or "").split("\n")[0]
    assert sentence.endswith("."), f"{relative(main)} begins without a sentence"


def test_rules_fixtures_and_pages_have_the_same_codes() -> None:
    from gradcheck_gan.checking import all_rules

    rules = {rule.code for rule in all_rules()}
    marked = {mark.code for path in PROGRAMS for mark in read_fixture(path).expected}
    pages = {page.stem for page in (ROOT / "docs" / "rules").glob("GG*.md")}
    assert marked == rules, "every rule needs a fixture, every marked code a rule"
    assert pages == rules, "every rule needs a page in docs/rules, every page a rule"


def test_marks_are_comments_only(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(
        'text = "# expect: GG101"\nx = 1  # expect: GG102, GG201\ny = 2  # later: GG401\n'
    )
    expected, later = read_marks(path)
    assert {(mark.code, mark.line) for mark in expected} == {("GG102", 2), ("GG201", 2)}
    assert {(mark.code, mark.line) for mark in later} == {("GG401", 3)}


@pytest.mark.parametrize("comment", ["# expect GG101", "# expect: 101", "# expect: GG101 GG102"])
def test_unreadable_mark_is_an_error(tmp_path: Path, comment: str) -> None:
    path = tmp_path / "program.py"
    path.write_text(f"x = 1  {comment}\n")
    with pytest.raises(ValueError, match="cannot read the mark"):
        read_marks(path)


def test_options_stand_in_the_first_comment(write: Callable[[str], Fixture]) -> None:
    assert write("# inspect: --rounds 3\nx = 1\n").options == ("--rounds", "3")
    assert write("# a word before\n# inspect: --rounds 3\n").options == ()


def test_folder_with_main_is_one_program(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__main__.py").write_text("import nets\n")
    (package / "nets.py").write_text("x = 1  # expect: GG101\n")
    (tmp_path / "single.py").write_text("import _helper\n")
    (tmp_path / "_helper.py").write_text("x = 1  # expect: GG102\n")
    found = [read_fixture(path) for path in programs(tmp_path)]
    assert [fixture.path.name for fixture in found] == ["package", "single.py"]
    assert [{mark.code for mark in fixture.expected} for fixture in found] == [{"GG101"}, {"GG102"}]


def test_both_directions_are_compared(stub: Server, write: Callable[[str], Fixture]) -> None:
    right = write("codes = {'GG101': 1}  # expect: GG101\n")
    assert difference(right, stub.run(right)) == ""

    wrong = write("codes = {'GG102': 2}\nx = 1  # expect: GG101\n")
    message = difference(wrong, stub.run(wrong))
    assert "1 missed, 1 unexpected" in message
    assert "missed      GG101" in message
    assert "unexpected  GG102" in message
    assert "do better" in message, "the report belongs to the message"


def test_same_code_on_another_line_differs(stub: Server, write: Callable[[str], Fixture]) -> None:
    fixture = write("codes = {'GG101': 2}  # expect: GG101\n")
    assert "1 missed, 1 unexpected" in difference(fixture, stub.run(fixture))


def test_later_mark_allows_but_does_not_ask(stub: Server, write: Callable[[str], Fixture]) -> None:
    for source in ("codes = {'GG401': 1}  # later: GG401\n", "x = 1  # later: GG401\n"):
        fixture = write(source)
        assert difference(fixture, stub.run(fixture)) == ""


def test_options_reach_the_pipeline(stub: Server, write: Callable[[str], Fixture]) -> None:
    fixture = write("# inspect: --rounds 7\ncodes = {'GG101': 1}\n")
    assert "--rounds 7" in stub.run(fixture).text


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("raise RuntimeError('on purpose')", "the pipeline raised"),
        ("import os; os._exit(0)", "ended without a report"),
        ("import time; time.sleep(60)", "no report within 2 s"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended without a report"),
    ],
)
def test_failed_child_is_reported_and_the_next_one_runs(
    stub: Server, write: Callable[[str], Fixture], source: str, error: str
) -> None:
    failing = write(source)
    assert error in difference(failing, stub.run(failing))
    fine = write("codes = {'GG101': 1}  # expect: GG101\n")
    assert difference(fine, stub.run(fine)) == ""


def test_children_share_nothing_and_print_into_no_answer(
    stub: Server, write: Callable[[str], Fixture]
) -> None:
    source = (
        "import sys, torch\nprint('noise')\nassert not hasattr(torch, 'seen')\ntorch.seen = 1\n"
    )
    fixture = write(source)
    for _ in range(2):
        assert stub.run(fixture).error is None


def test_marks_of_a_report_with_absolute_paths() -> None:
    inside = str(FIXTURES / "gg1" / "some.py")
    assert relative(inside) == "fixtures/gg1/some.py"
    assert relative("fixtures/gg1/some.py") == "fixtures/gg1/some.py"
    fixture = Fixture(
        Path(inside), (), frozenset({Mark("GG101", relative(inside), 1)}), frozenset()
    )
    assert difference(fixture, Result(fixture.expected, "")) == ""
