"""What is shipped around the package is complete and says what is so."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import pytest

from gradcheck_gan.cli import cli

ROOT = Path(__file__).resolve().parent.parent


def python(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def test_readme_begins_with_two_commands() -> None:
    first = re.search(r"^```\w*\n(.*?)^```$", readme(), re.DOTALL | re.MULTILINE)
    assert first
    assert first[1] == "make demo\nmake test\n"


def test_readme_names_every_option() -> None:
    assert isinstance(cli, click.Group)
    known = {name for option in cli.commands["inspect"].params for name in option.opts}
    rows = re.findall(r"^\| (`-.*?) \|", readme(), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(-{1,2}[\w-]+)", row)}
    assert named == {name for name in known if name.startswith("-")}


def test_readme_links_to_every_page() -> None:
    linked = set(re.findall(r"\[(GG\d+)\]\(docs/rules/\1\.md\)", readme()))
    assert linked == {page.stem for page in ROOT.glob("docs/rules/*.md")}


def test_wheel_holds_the_pages_and_the_type_marker(tmp_path: Path) -> None:
    built = python("-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    pages = {f"gradcheck_gan/pages/{page.name}" for page in ROOT.glob("docs/rules/*.md")}
    assert pages
    assert pages | {"gradcheck_gan/py.typed", "gradcheck_gan/cli.py"} <= names
    assert not [name for name in names if name.startswith(("tests", "fixtures", "examples"))]


@pytest.mark.parametrize("name", ["report.txt", "report.json", "report.html", "graph.svg"])
def test_demo_names_its_files(name: str, demo: subprocess.CompletedProcess[str]) -> None:
    assert name in demo.stdout


def test_demo_finds_the_planted_fault(demo: subprocess.CompletedProcess[str]) -> None:
    assert demo.returncode == 0, demo.stderr


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    return python("scripts/demo.py", "--output", tmp_path_factory.mktemp("demo"))
