"""Comments that silence findings, and those that silence nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from stages import ERROR, JUDGED

from gradcheck_gan.finding import Finding, Report
from gradcheck_gan.ignores import comments, found, heed
from gradcheck_gan.run import Location

KNOWN = frozenset({"GG101", "GG201"})


def at(line: int, code: str = "GG101", path: str = "train.py") -> Finding:
    return replace(ERROR, code=code, location=Location(path, line))


def heeded(folder: Path, source: str, *findings: Finding) -> Report:
    (folder / "train.py").write_text(source)
    return heed(replace(JUDGED, findings=findings), found(folder, ["train.py"]), KNOWN)


@pytest.mark.parametrize(
    "source",
    [
        "f(x)  # gradcheck: ignore[GG101] the teacher is frozen\n",
        "f(x)  # GradCheck:ignore[ gg101 , GG205 ]\n",
        "f(x)  # type: ignore  # gradcheck: ignore[GG1]\n",
        "f(\n    x,  # gradcheck: ignore[GG101]\n)\n",
        "f(\n    x,\n)  # gradcheck: ignore[GG101]\n",
        "with f(\n    x,\n):  # gradcheck: ignore[GG101]\n    pass\n",
        "match x:  # gradcheck: ignore[GG101]\n    case 1:\n        pass\n",
    ],
)
def test_a_comment_on_any_line_of_the_statement_silences(tmp_path: Path, source: str) -> None:
    assert heeded(tmp_path, source, at(1)).findings == ()


@pytest.mark.parametrize(
    "source",
    [
        "f(x)\n",
        "f(x)  # gradcheck: ignore\n",
        "f(x)  # gradcheck: ignore[GG201]\n",
        "f(x)  # gradcheck: ignore[]\n",
        "f('# gradcheck: ignore[GG101]')\n",
        "f(x)\ng(x)  # gradcheck: ignore[GG101]\n",
        "with f(x):\n    g()  # gradcheck: ignore[GG101]\n",
    ],
)
def test_nothing_else_silences(tmp_path: Path, source: str) -> None:
    assert heeded(tmp_path, source, at(1)).findings == (at(1),)


def test_a_comment_in_a_block_leaves_its_head_alone(tmp_path: Path) -> None:
    source = "with f(x):\n    g()  # gradcheck: ignore[GG101]\n    h()\n"
    assert heeded(tmp_path, source, at(1), at(2), at(3)).findings == (at(1), at(3))


def test_a_comment_in_another_file_is_not_meant(tmp_path: Path) -> None:
    other = at(1, path="models.py")
    assert heeded(tmp_path, "f(x)  # gradcheck: ignore[GG101]\n", other).findings == (other,)


def test_a_comment_in_vain_is_told(tmp_path: Path) -> None:
    source = "f(x)  # gradcheck: ignore[GG101,GG201]\n"
    (note,) = heeded(tmp_path, source, at(1)).notes
    assert "ignore[GG201]` at train.py:1 silences nothing" in note


def test_a_rule_that_did_not_run_tells_nothing_of_its_comments(tmp_path: Path) -> None:
    assert heeded(tmp_path, "f(x)  # gradcheck: ignore[GG206]\n").notes == ()


@pytest.mark.parametrize("source", ["def (  # gradcheck: ignore[GG101]\n", "\0# gradcheck:"])
def test_a_file_that_cannot_be_parsed_has_no_comments(source: str) -> None:
    assert list(comments("train.py", source)) == []


@pytest.mark.parametrize("path", ["gone.py", "<string>", "a\0b"])
def test_a_file_that_is_not_there_has_no_comments(tmp_path: Path, path: str) -> None:
    assert found(tmp_path, [path]) == ()
