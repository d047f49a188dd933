"""Programs of Lightning, accelerate and others: judged as marked, and run as without the tool."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import FRAMEWORKS, ROOT, Server, difference, programs, read_fixture, relative

pytestmark = [pytest.mark.frameworks, pytest.mark.timeout(300)]

PROGRAMS = programs(FRAMEWORKS)
RIGHT = [path for path in PROGRAMS if not read_fixture(path).expected]
PAGE = ROOT / "docs" / "frameworks.md"

# What the script hands to autograd, to the last bit, told once it has ended.
WITNESS = """
import atexit, torch
_told, _backward = [], torch.autograd.backward
def _witnessed(tensors, *args, **kwargs):
    with torch._C.DisableTorchFunction():
        for root in (tensors,) if isinstance(tensors, torch.Tensor) else tensors:
            _told.append([value.hex() for value in root.detach().double().flatten().tolist()])
    return _backward(tensors, *args, **kwargs)
torch.autograd.backward = _witnessed
atexit.register(lambda: print(len(_told), "passes", _told))
"""


def imported(source: str) -> set[str]:
    """The packages that a program imports."""
    nodes = list(ast.walk(ast.parse(source)))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names}


def skip_without(source: str) -> None:
    missing = sorted(name for name in imported(source) if importlib.util.find_spec(name) is None)
    if missing:
        pytest.skip(f"needs {' and '.join(missing)}: make frameworks")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(timeout=200) as running:
        yield running


def output(arguments: list[str], script: Path) -> tuple[int, str]:
    """Exit status and standard output."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *arguments, str(script)],
        cwd=script.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("path", PROGRAMS, ids=relative)
def test_findings_are_those_marked(server: Server, path: Path) -> None:
    skip_without(path.read_text(encoding="utf-8"))
    fixture = read_fixture(path)
    assert not (wrong := difference(fixture, server.run(fixture))), wrong


@pytest.mark.parametrize("path", PROGRAMS, ids=relative)
def test_says_first_what_it_is(path: Path) -> None:
    sentence = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0]
    assert sentence.endswith("."), f"{relative(path)} begins without a sentence"


@pytest.mark.parametrize("path", RIGHT, ids=relative)
def test_losses_output_and_end_are_as_without_recording(path: Path, tmp_path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    skip_without(source)
    script = tmp_path / path.name
    script.write_text(WITNESS + source, encoding="utf-8")
    inspecting = ["-m", "gradcheck_gan", "inspect", "--rounds", "1000", "--max-steps", "100000"]
    plain, recorded = output([], script), output(inspecting, script)
    assert plain[0] == 0
    assert "passes [[" in plain[1], "no loss was seen"
    assert recorded == plain


def test_example_of_the_page_is_found(server: Server, tmp_path: Path) -> None:
    _, _, rest = PAGE.read_text(encoding="utf-8").partition("```python\n")
    source, _, told = rest.partition("```\n")
    skip_without(source)
    path = tmp_path / "train.py"
    path.write_text(source, encoding="utf-8")
    fixture = read_fixture(path)
    (mark,) = fixture.expected
    result = server.run(fixture)
    assert not (wrong := difference(fixture, result)), wrong
    (shown,) = re.findall(r"^    train\.py:(.*)\n((?:      .+\n)+)", told, re.MULTILINE)
    assert shown[0].startswith(f"{mark.line}:")
    assert shown[0] in result.text
    assert " ".join(shown[1].split()) in " ".join(result.text.split()), "as the page tells it"
