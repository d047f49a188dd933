"""Warnings appear as often, at the place, and through the filters, as they do plainly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from observer_server import compared, plain

OBSERVED = Path(__file__).parent / "probes" / "observed"
TO_THE_END = 1000
FILTERED_BY_MODULE = "warns_with_filters"
PROGRAMS = sorted(path for path in OBSERVED.glob("warns_*.py") if path.stem != FILTERED_BY_MODULE)
FILTERS = (
    "default",
    "always",
    "ignore",
    "error",
    "module",
    "error::UserWarning:__main__",
    "ignore::UserWarning:__main__",
)


@pytest.mark.parametrize("option", [None, *FILTERS])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_warnings_are_those_of_a_plain_run(program: Path, option: str | None) -> None:
    assert compared(program, TO_THE_END, () if option is None else (option,)) == []


def test_filters_by_module_are_those_of_a_plain_run() -> None:
    assert compared(OBSERVED / f"{FILTERED_BY_MODULE}.py", TO_THE_END) == []


def test_the_programs_warn_where_they_say() -> None:
    """What the comparison rests on: two lines that warn alike, one of them in a loop."""
    program = OBSERVED / "warns_of_torch.py"
    lines = program.read_text().splitlines()
    marked = [number for number, line in enumerate(lines, 1) if line.endswith("for the line")]
    leaf = re.findall(
        rf"{re.escape(str(program))}:(\d+): UserWarning: The .grad", plain(program).stderr
    )
    assert len(leaf) == 3
    assert leaf[0] == str(marked[0])


def test_an_option_reaches_the_program() -> None:
    program = OBSERVED / "warns_by_itself.py"
    assert plain(program, options=("ignore",)).stderr == ""
    assert "UserWarning: level 1" in str(plain(program, options=("error",)).exception)
