"""The files that the benchmark writes for programs that read their own."""

from __future__ import annotations

from pathlib import Path

from benchmarks.real import data


def test_attributes_are_a_line_an_image(tmp_path: Path) -> None:
    data.attributes(tmp_path / "list.txt", 3)
    count, names, *rows = (tmp_path / "list.txt").read_text().splitlines()
    assert count == "3"
    assert [len(row.split()) for row in rows] == [1 + len(names.split())] * 3
    assert {sign for row in rows for sign in row.split()[1:]} == {"-1", "1"}
