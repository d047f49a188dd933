"""`graph`: one picture of a script or of a kept run, of the update that is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from picture_runs import finding, gan, report

from gradcheck_gan.picture import PictureError, draw
from gradcheck_gan.picture.wish import Wish
from gradcheck_gan.stored import StoredRun, dump

ROOT = Path(__file__).resolve().parent.parent
DEMO = "examples/demo/train.py"


def graph(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gradcheck_gan", "graph", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    sketch = gan()
    loss = sketch.op("mean", 52, sketch.call(1, 51, sketch.source("randn", 50)))
    sketch.backward(loss, 53, [1])
    path = tmp_path / "run.json"
    path.write_text(dump(StoredRun(sketch.run(), report(finding("GG101", 41)))))
    return path


def test_script_is_run_and_drawn(tmp_path: Path) -> None:
    drawn = graph(ROOT, "-o", tmp_path / "a.dot", "--update", "netD", DEMO)
    assert drawn.returncode == 0, drawn.stderr
    text = (tmp_path / "a.dot").read_text()
    assert f"backward pass at {DEMO}:89" in text
    assert "trains netD" in text


def test_run_is_drawn_without_its_script(kept: Path) -> None:
    drawn = graph(kept.parent, "-o", "a.svg", kept)
    assert drawn.returncode == 0, drawn.stderr
    assert "GG101" in (kept.parent / "a.svg").read_text()


def test_update_is_chosen_by_the_line_of_its_backward(kept: Path) -> None:
    for line in ("53", "train.py:53"):
        assert graph(kept.parent, "-o", "a.dot", "--update", line, kept).returncode == 0
        text = (kept.parent / "a.dot").read_text()
        assert "train.py:53, round 1" in text
        assert "detach" not in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--update", "netX"], "train.py:44 and train.py:53"),
        (["--around", "999"], "'999'"),
        (["-o", "a.jpg"], ".svg, .png, .pdf or .dot"),
        (["--view", "raw", "--around", "41"], "--around"),
    ],
)
def test_what_cannot_be_drawn_is_refused(kept: Path, arguments: list[str], told: str) -> None:
    refused = graph(kept.parent, "-o", "a.dot", *arguments, kept)
    assert refused.returncode == 2
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (kept.parent / "a.dot").exists()


def test_configuration_of_other_commands_does_no_harm(kept: Path) -> None:
    config = '[tool.gradcheck-gan]\nformat = "json"\nrounds = 3\n'
    (kept.parent / "pyproject.toml").write_text(config)
    assert graph(kept.parent, "-o", "a.dot", kept).returncode == 0


def test_operations_are_shown_one_by_one() -> None:
    sketch = gan()
    folded = draw(sketch.run(), report())
    whole = draw(sketch.run(), report(), Wish(view="op"))
    assert sum(node.kind == "module" for node in folded.nodes) == 2
    assert not any(node.kind == "module" for node in whole.nodes)
    assert sum(node.lines[0] == "linear" for node in whole.nodes) == 5


def test_around_a_line_modules_are_opened_and_the_rest_is_left_out() -> None:
    sketch = gan()
    last = sketch.events[0].roots[0]
    for line in range(60, 70):
        last = sketch.op(f"step{line}", line, last)
    sketch.backward(last, 70)
    names = {node.lines[0] for node in draw(sketch.run(), report(), Wish(around="64")).nodes}
    assert names == {"step62", "step63", "step64", "step65", "step66"}
    with pytest.raises(PictureError):
        draw(sketch.run(), report(), Wish(around="65", update="44"))
