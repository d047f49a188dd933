"""The GitHub Action, as far as it can be tried without GitHub."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FAULTY = ROOT / "examples" / "demo" / "train.py"


@pytest.fixture
def command(tmp_path: Path) -> Path:
    """A folder with our command in it, as an installation would give it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    file = folder / "gradcheck-gan"
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gradcheck_gan "$@"\n')
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return folder


def act(folder: Path, command: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PATH": f"{command}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "GITHUB_WORKSPACE": str(folder),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "SARIF": "out.sarif",
        "PAGE": "out.html",
        **inputs,
    }
    return subprocess.run(
        ["bash", str(ROOT / "scripts" / "action.sh")],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_action_annotates_summarises_and_fails(tmp_path: Path, command: Path) -> None:
    (tmp_path / "train.py").write_text(FAULTY.read_text())
    (tmp_path / "summary.md").write_text("before\n")
    done = act(tmp_path, command, SCRIPT="train.py", OPTIONS="--rounds 2 --select GG110")
    assert done.returncode == 1, done.stderr
    line = next(n for n, text in enumerate(FAULTY.read_text().splitlines(), 1) if "expect" in text)
    assert f"::error file=train.py,line={line}," in done.stdout
    assert (tmp_path / "summary.md").read_text().startswith("before\n## 1 error in train.py")
    assert {"out.sarif", "out.html"} <= {path.name for path in tmp_path.iterdir()}


def test_action_tells_what_could_not_be_judged(tmp_path: Path, command: Path) -> None:
    (tmp_path / "train.py").write_text("print('no training')\n")
    done = act(tmp_path, command, SCRIPT="train.py")
    assert done.returncode == 2
    assert "::error title=gradcheck-gan could not judge::" in done.stdout


def test_every_input_of_the_action_reaches_its_script() -> None:
    text = (ROOT / "action.yml").read_text()
    declared = set(re.findall(r"^  ([a-z]+):$", text.partition("runs:")[0], re.MULTILINE))
    assert declared == set(re.findall(r"inputs\.([a-z]+)", text))
    names = set(re.findall(r"^        ([A-Z]+):", text, re.MULTILINE)) - {"ACTION", "INSTALL"}
    script = (ROOT / "scripts" / "action.sh").read_text()
    assert {
        name for name in names if f"${name}" not in script and f"${{{name}" not in script
    } == set()
