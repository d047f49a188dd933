"""Reported faults: every program tells its source, has a silent twin, and fills a row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harness import read_fixture

from benchmarks import bugs

PROGRAMS = bugs.programs()


def test_there_are_twenty() -> None:
    assert len(PROGRAMS) >= 20


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_source_and_first_run_are_told(path: Path) -> None:
    sentence, fields = bugs.header(path)
    assert re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", fields["Source"])
    assert fields["First run"]
    assert "|" not in sentence + "".join(fields.values()), "it would end the cell of the table"


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_either_found_or_missed_with_a_reason(path: Path) -> None:
    fixture = read_fixture(path)
    _, fields = bugs.header(path)
    assert fixture.later if "Missed" in fields else fixture.expected


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_twin_has_the_same_source_and_no_marks(path: Path) -> None:
    twin = path.with_stem(f"{path.stem}_fixed")
    fixture = read_fixture(twin)
    assert not fixture.expected
    assert not fixture.later
    assert fixture.options == read_fixture(path).options
    assert bugs.header(twin)[1] == {"Source": bugs.header(path)[1]["Source"]}


BUG = bugs.Bug("o/r#1", "It broke", "GG101", "right", "", found=True, silent=True)


def test_row_says_what_is_missed() -> None:
    assert BUG.row == "| o/r#1 | It broke | GG101 | right | found | yes |"
    missed = bugs.Bug(
        "o/r#2", "Too", "GG110", "nothing said", "no trace", found=False, silent=False
    )
    assert missed.row == "| o/r#2 | Too | GG110 | nothing said | missed: no trace | no |"
    assert "1 of 2 were told" in bugs.report([BUG, missed])


def test_only_what_is_between_the_markers_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"above\n{bugs.BEGIN}\nold\n{bugs.END}\nbelow\n")
    bugs.update(page, "new")
    assert page.read_text() == f"above\n{bugs.BEGIN}\nnew\n{bugs.END}\nbelow\n"


def test_page_without_markers_is_an_error(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(SystemExit, match="add them where the table goes"):
        bugs.update(page, "new")
