"""Excerpts: the right characters are underlined, whatever stands before them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck_gan.report.excerpt import excerpt
from gradcheck_gan.run import Location

SOURCE = """\
import torch

def step(netD, fake):
    output = netD(fake.detach(), scale=2)
\terrG = loss(output)
    name = f("日本", fake.detach())
    fake = netG(
        noise,
    )
"""
CUT = Location("train.py", 4, 19, 4, 32, "step")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(SOURCE, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("location", "marked"),
    [
        (Location("train.py", 6, 20, 6, 33), "fake.detach()"),
        (Location("train.py", 5, 9, 5, 21), "loss(output)"),
        (Location("train.py", 4), "output = netD(fake.detach(), scale=2)"),
        (Location("train.py", 4, 90, 4, 99), "output = netD(fake.detach(), scale=2)"),
    ],
)
def test_underline_stands_below_its_characters(location: Location, marked: str, root: Path) -> None:
    (line,) = excerpt(location, root)
    assert under(line.text, line.underline) == marked


def test_excerpt_of_a_long_line_keeps_the_culprit(root: Path) -> None:
    before, after = "a + " * 60, " + b" * 60
    (root / "wide.py").write_text(f"x = {before}fake.detach(){after}\n", encoding="utf-8")
    start = 5 + len(before)
    (line,) = excerpt(Location("wide.py", 1, start, 1, start + 13), root, width=60)
    assert under(line.text, line.underline) == "fake.detach()"
    assert len(line.text) <= 66


def test_source_of_a_deleted_folder_is_still_shown(root: Path) -> None:
    assert excerpt(CUT, root)
    (root / "train.py").unlink()
    assert excerpt(CUT, root)


def under(line: str, carets: str) -> str:
    """The characters of `line` above the carets, wide ones taking two columns."""
    columns = [c for c in line for _ in range(2 if ord(c) > 0x2E7F else 1)]
    start, end = carets.index("^"), carets.rindex("^") + 1
    assert set(carets[start:end]) == {"^"}
    return "".join(columns[start:end])
