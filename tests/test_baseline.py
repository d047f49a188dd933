"""Known findings are left out, new ones stay, fixed ones are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from stages import ERROR, JUDGED

from gradcheck_gan.baseline import BaselineError, compare, read, render
from gradcheck_gan.run import Location

SECOND = replace(ERROR, code="GG201", location=Location("train.py", 2))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text("one()\ntwo()\n")
    return tmp_path


def test_known_findings_are_left_out_and_counted(root: Path) -> None:
    known = read(render([ERROR], root), "b.json")
    compared = compare(replace(JUDGED, findings=(ERROR, SECOND)), known, root)
    assert compared.findings == (SECOND,)
    assert compared.notes == ("left out: 1 finding that the baseline knows.",)


def test_fixed_findings_are_told(root: Path) -> None:
    known = read(render([ERROR, SECOND], root), "b.json")
    compared = compare(replace(JUDGED, findings=(SECOND,)), known, root)
    assert compared.findings == ()
    assert "gone since the baseline: GG101 at train.py:1" in compared.notes[1]


def test_a_second_finding_like_a_known_one_is_new(root: Path) -> None:
    known = read(render([ERROR], root), "b.json")
    assert compare(replace(JUDGED, findings=(ERROR, ERROR)), known, root).findings == (ERROR,)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is no baseline"),
        ("[]", "is no baseline"),
        ("{}", "is no baseline"),
        ('{"kind": "report", "format": 1, "findings": []}', "is no baseline"),
        ('{"kind": "baseline", "format": 1, "findings": [{"code": 1}]}', "is no baseline"),
        ('{"kind": "baseline", "format": 7, "findings": []}', "format 7, and this version reads"),
    ],
)
def test_what_is_no_baseline_is_refused(text: str, told: str) -> None:
    with pytest.raises(BaselineError, match=told) as raised:
        read(text, "b.json")
    assert "'b.json'" in str(raised.value)
