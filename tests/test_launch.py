"""A script cannot tell how it was started: probes run under python and under the tool."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gradcheck_gan.launch import Target, UsageError, prepare

ROOT = Path(__file__).resolve().parent.parent
PROBES = ROOT / "tests" / "probes"
DRIVER = PROBES / "driver.py"
MARKER = b"=== report "
STATUS = 7
"""Exit status that the driver's delivery asks for: no probe ends with it by itself."""


@dataclass(frozen=True)
class Ended:
    status: int
    stdout: bytes
    stderr: bytes

    def frames(self) -> int:
        """Lines of tracebacks that stand for a frame, those that python folds together included."""
        repeated = re.findall(rb"Previous line repeated (\d+) more", self.stderr)
        return self.stderr.count(b'  File "') + sum(int(number) for number in repeated)


@dataclass(frozen=True)
class Probe:
    """A program to run; `setup` changes the folder that it is run in."""

    arguments: tuple[str, ...]
    setup: Callable[[Path], object] | None = None
    stdin: bytes = b""

    def __str__(self) -> str:
        return " ".join(self.arguments).replace("sub/", "").replace(".py", "")

    def target(self) -> list[str]:
        module = self.arguments[0] == "-m"
        return ["module", *self.arguments[1:]] if module else ["script", *self.arguments]


def probe(name: str, *arguments: str, stdin: bytes = b"") -> Probe:
    return Probe((f"sub/{name}.py", *arguments), stdin=stdin)


def link(folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "alias.py").symlink_to(Path("..", "sub", "sibling.py"))


def latin(folder: Path) -> None:
    source = "# coding: latin-1\nprint(ascii('gr\xfc\xdfe'))\n"
    (folder / "sub" / "latin.py").write_bytes(source.encode("latin-1"))


def package(folder: Path) -> None:
    shutil.copytree(folder / "sub", folder / "package")
    (folder / "package" / "__init__.py").write_text("import sys; print('parent', sys.argv)\n")
    shutil.copy(folder / "sub" / "environment.py", folder / "package" / "__main__.py")
    (folder / "package" / "failing.py").write_text("from . import helper\nhelper.fail(1)\n")


def main_folder(folder: Path) -> None:
    shutil.copy(folder / "sub" / "raising.py", folder / "sub" / "__main__.py")


def archive(folder: Path) -> None:
    with zipfile.ZipFile(folder / "program.pyz", "w") as program:
        program.write(folder / "sub" / "raising.py", "__main__.py")
        program.write(folder / "sub" / "helper.py", "helper.py")


EXITS = ("3", "0", "256", "-1", "True", "None", "''", "'no data'", "(1, 2)")
PLAIN = (
    "sibling raising groups broken_import interrupted own_hook pickle_at_exit pickle_in_thread "
    "thread_imports_late thread_ends vanishing_folder deletes_itself binary source hints "
    "marked os_exit os_exit_in_thread os_exit_refused terminated handles_terminate recursion "
    "recursion_depth recursion_limit stack_below forks terminates_worker terminates_at_once warns "
    "replaces_streams children_print prints_at_exit"
).split()
SAME = [
    *(probe(name) for name in PLAIN),
    *(probe("exits", code) for code in EXITS),
    *(probe("own_hook", what) for what in ("fail", "exit", "none")),
    *(probe("spawns", method) for method in ("spawn", "fork")),
    probe("environment", "a", "--rounds", "-o", "--", "b"),
    probe("reads_input", stdin=b"line\nrest of it\n"),
    Probe(("./sub/../sub/environment.py",)),
    Probe(("sub/latin.py",), latin),
    Probe(("other/alias.py",), link),
    Probe(("sub", "a"), main_folder),
    Probe(("sub/",), main_folder),
    Probe(("program.pyz",), archive),
    Probe(("-m", "package", "a", "-m"), package),
    Probe(("-m", "package.failing"), package),
    Probe(("-m", "sub.environment")),
    Probe(("-m", "package.exits", "5"), package),
]


def run(command: list[str], folder: Path, case: Probe | None = None, **environment: str) -> Ended:
    """Run the command in a fresh copy of the probes."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copytree(PROBES, folder / "sub", ignore=shutil.ignore_patterns("__pycache__"))
    if case is not None and case.setup is not None:
        case.setup(folder)
    return start(command, folder, case.stdin if case is not None else b"", **environment)


def start(command: list[str], folder: Path, stdin: bytes = b"", **environment: str) -> Ended:
    process = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        input=stdin,
        capture_output=True,
        check=False,
        timeout=60,
    )
    status = process.returncode if process.returncode >= 0 else 128 - process.returncode
    return Ended(status, process.stdout, process.stderr)


def inspected(target: list[str], *, limit: int = 0, timeout: float = 0) -> list[str]:
    return [str(DRIVER), str(limit), str(timeout), str(STATUS), *target]


def split(stderr: bytes) -> tuple[bytes, dict[str, Any], bytes]:
    """What came before the report, the report, and what came after it."""
    before, marker, rest = stderr.partition(MARKER)
    assert marker, stderr.decode()
    line, _, after = rest.partition(b"\n")
    assert MARKER not in after, "delivered twice"
    return before, json.loads(line), after


@pytest.mark.parametrize("case", SAME, ids=str)
def test_runs_as_under_python(case: Probe, tmp_path: Path) -> None:
    python, tool = (
        run(command, tmp_path / "work", case)
        for command in ([*case.arguments], inspected(case.target()))
    )
    before, report, after = split(tool.stderr)
    assert tool.stdout == python.stdout
    assert (before + after).decode() == python.stderr.decode()
    assert tool.frames() == python.frames()
    assert report["outcome"]["script_exit"] == python.status
    assert tool.status == STATUS


@pytest.mark.parametrize("case", ["raising", "interrupted", "recursion"])
def test_probe_shows_frames_at_all(case: str, tmp_path: Path) -> None:
    """Or else the comparison of frames would compare nothing."""
    assert run([f"sub/{case}.py"], tmp_path / "work").frames() > 1


def test_exit_code_beyond_every_integer_type(tmp_path: Path) -> None:
    """Python prints a complaint about its own conversion here, which nobody will miss."""
    huge = ["sub/exits.py", str(2**70)]
    python = run(huge, tmp_path / "work")
    tool = run(inspected(["script", *huge]), tmp_path / "work")
    assert split(tool.stderr)[1]["outcome"]["script_exit"] == python.status


def test_more_than_twenty_probes() -> None:
    assert len({probe.arguments[0] for probe in SAME}) > 20


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        (Target("script", "missing.py"), r"missing\.py does not exist; give the path of a script"),
        (Target("script", "file.py/x.py"), r"file\.py/x\.py does not exist"),
        (Target("script", "empty"), r"empty is a folder without __main__\.py; name a script in it"),
        (Target("script", "wrong.py"), r"wrong\.py, line 2, is not valid Python 3.*correct that"),
        (Target("script", "binary.bin"), r"binary\.bin.* is not valid Python 3"),
        (Target("script", "image.png"), r"image\.png.* is not valid Python 3"),
        (Target("script", "broken"), r"broken/__main__\.py, line 1, is not valid Python"),
        (Target("module", "missing.train"), r"no module named 'missing'.* check the name after -m"),
        (Target("module", ""), r"no module named ''"),
        (Target("module", "file.py"), r"'file' is a module, not a package.* give -m file\."),
        (Target("module", "wrong"), r"wrong\.py, line 2, is not valid Python"),
        (Target("module", "package.wrong"), r"package/wrong\.py, line 1, is not valid Python"),
    ],
    ids=lambda value: value.name or "nothing" if isinstance(value, Target) else "",
)
def test_what_cannot_be_run_is_told_in_a_sentence(
    target: Target, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {
        "file.py": b"raise SystemExit('nothing may run')\n",
        "wrong.py": b"a = 1\nprint 'two'\n",
        "binary.bin": b"a\0b",
        "image.png": b"\x89PNG\r\n\x1a\n\xff\xfe",
        "broken/__main__.py": b"def f(:\n",
        "empty/train.py": b"",
        "package/__init__.py": b"raise SystemExit('nothing may run')\n",
        "package/wrong.py": b"(\n",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    path = sys.path[:]
    with pytest.raises(UsageError, match=sentence) as caught:
        prepare(target)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    assert sys.path == path


@pytest.mark.parametrize("name", ["package.missing", "package"])
def test_package_without_the_module_is_told_once_it_is_imported(name: str, tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("print('imported')\n")
    end = start(inspected(["module", name]), tmp_path)
    assert (end.status, end.stdout) == (2, b"imported\n")
    assert end.stderr.startswith(f"Error: -m {name} cannot be run (No module named".encode())
    assert end.stderr.count(b"\n") == 1
