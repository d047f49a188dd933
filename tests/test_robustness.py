"""Whatever a program is or does, the tool itself does not fail, and its failures hide nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.fuzz.__main__ import judged
from benchmarks.fuzz.commands import Ended, Server
from benchmarks.fuzz.inputs import KINDS, corpus, inputs, strange_names
from benchmarks.fuzz.judging import faults, hidden
from benchmarks.fuzz.nasty import FAILING, HEAD, RIGHT


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def inspected(server: Server, folder: Path, source: str, broken: str = "") -> Ended:
    path = folder / "train.py"
    path.write_text(HEAD + textwrap.dedent(source), encoding="utf-8", errors="surrogatepass")
    return server.run(["inspect", "--timeout", "50", str(path)], folder, broken=broken)


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_program_is_judged_and_clean(server: Server, tmp_path: Path, name: str) -> None:
    ended = inspected(server, tmp_path, RIGHT[name])
    assert not list(faults(ended)), ended.stderr
    assert ended.status == 0, ended.stderr


@pytest.mark.parametrize("name", FAILING)
def test_a_program_that_fails_is_said_to(server: Server, tmp_path: Path, name: str) -> None:
    ended = inspected(server, tmp_path, FAILING[name])
    assert not list(faults(ended)), ended.stderr
    assert ended.status in (1, 2), ended.stderr
    assert name in " ".join(ended.stderr.split())


BREAKABLE = (
    "gradcheck_gan.rules.detached_player:check",
    "gradcheck_gan.checking:_judged",
    "gradcheck_gan.checking:flow_matrix",
    "gradcheck_gan.checking:timeline",
    "gradcheck_gan.recording.engine:Engine._begin",
    "gradcheck_gan.recording.engine:Engine._event",
    "gradcheck_gan.recording.parameters:Parameters._accumulated",
    "gradcheck_gan.recording.recorder:Recorder.optimizer_stepped",
    "gradcheck_gan.recording.recorder:freeze_values",
    "gradcheck_gan.recording.values:ValueGraph.begin",
    "gradcheck_gan.recording.values:ValueGraph.end",
    "gradcheck_gan.report.text:render",
)


@pytest.mark.parametrize("part", BREAKABLE)
def test_what_fails_in_the_tool_hides_nothing(server: Server, tmp_path: Path, part: str) -> None:
    source = "train(rounds=1)\nprint('printed at the end')\nraise ValueError('its own')"
    ended = inspected(server, tmp_path, source, part)
    assert ended.status == 2
    assert ended.stdout == "printed at the end\n"
    said = " ".join(ended.stderr.split())
    assert "ValueError: its own" in said.split("Traceback")[1]
    assert "failed with ValueError: its own" in said
    assert "ZeroDivisionError: planted" in said


def test_a_broken_rule_lets_no_program_count_as_clean(server: Server, tmp_path: Path) -> None:
    ended = inspected(server, tmp_path, "train()", "gradcheck_gan.rules.detached_player:check")
    assert ended.status == 2
    assert "No fault found" not in ended.stderr
    assert "rule GG101 failed inside gradcheck-gan" in ended.stderr


def test_findings_are_told_though_the_report_cannot_be_made(server: Server, tmp_path: Path) -> None:
    cut = "train(lambda z: G(z).detach())"
    ended = inspected(server, tmp_path, cut, "gradcheck_gan.report.text:render")
    assert ended.status == 2
    assert "train.py:16: GG101 error" in ended.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_a_random_file_is_taken_as_it_is(server: Server, tmp_path: Path, kind: str) -> None:
    content = next(content for made, content in inputs(1, corpus()) if made == kind)
    assert not judged(server, content, tmp_path), content


@pytest.mark.parametrize("name", strange_names())
def test_a_strange_name_is_a_name(server: Server, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEAD}train(lambda z: G(z).detach())", encoding="utf-8")
    ended = server.run(["inspect", "--", str(path)], tmp_path)
    assert not list(faults(ended)), ended.stderr
    assert ended.status == 1
    assert "GG101" in ended.stderr


def test_the_judge_of_random_programs_sees_faults() -> None:
    assert list(faults(Ended(None, "", ""))) == ["it did not end"]
    assert list(faults(Ended(-11, "", ""))) == ["it ended with status -11"]
    own = 'File "/x/gradcheck_gan/checking.py", line 3\ngradcheck-gan itself failed while judging'
    assert len(list(faults(Ended(2, "", own)))) == 2
    trace = "Traceback (most recent call last):\nKeyError: 3\n"
    assert list(hidden(Ended(1, "", trace), Ended(2, "", ""))) == ["KeyError is not told"]
    assert list(hidden(Ended(0, "a", ""), Ended(0, "b", ""))) == [
        "the program printed something else"
    ]
    assert not list(hidden(Ended(1, "a", trace), Ended(1, "", "train.py was\nstopped after")))
