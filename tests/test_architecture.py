"""The shape of the source: imports go one way, pieces stay small, commands stay light."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "gradcheck_gan"
SOURCES = sorted(PACKAGE.rglob("*.py"))
FOLDERS = ("gradcheck_gan", "docs", "examples", "fixtures", "scripts", "tests")
TEXTS = sorted(
    {
        *ROOT.glob("*.md"),
        *(ROOT / name for name in ("Makefile", "pyproject.toml", ".ci/run")),
        *(
            f
            for folder in FOLDERS
            for kind in ("md", "py")
            for f in ROOT.glob(f"{folder}/**/*.{kind}")
        ),
    }
    - {Path(__file__).resolve()}
)
LONGEST_FILE = 300
LONGEST_FUNCTION = 40


def relative(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def dotted(file: Path) -> tuple[str, ...]:
    return file.relative_to(ROOT).with_suffix("").parts


def imported(file: Path) -> Iterator[str]:
    """Dotted names of all imports, those inside functions included."""
    package = dotted(file)[:-1]
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join((*base, *([node.module] if node.module else [])))
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def component(name: str) -> str:
    """`gradcheck_gan.report.text` belongs to `report`, names of the package itself to `""`."""
    parts = name.split(".")
    inside = PACKAGE / parts[1] if len(parts) > 1 else PACKAGE
    known = inside.is_dir() or inside.with_suffix(".py").is_file()
    return parts[1] if len(parts) > 1 and known else ""


def uses(file: Path) -> set[str]:
    """Components of the package that a file imports, its own excepted."""
    ours = (name for name in imported(file) if name.split(".")[0] == PACKAGE.name)
    return {component(name) for name in ours} - {component(".".join(dotted(file)))}


def components() -> dict[str, set[str]]:
    """What each component imports of the others."""
    graph: dict[str, set[str]] = {}
    for file in SOURCES:
        graph.setdefault(component(".".join(dotted(file))), set()).update(uses(file))
    return graph


def named_for_types(file: Path) -> set[str]:
    """What a file imports for annotations only, which is not there when it runs."""
    return {
        f"{node.module}.{alias.name}"
        for block in ast.walk(parsed(file))
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_only_recording_and_stand_ins_import_torch() -> None:
    guilty = {
        relative(file)
        for file in SOURCES
        for name in set(imported(file)) - named_for_types(file)
        if name.split(".")[0] in ("torch", "torchviz")
        and not {"recording", "estimators", "stand_ins"}.intersection(dotted(file))
    }
    assert not guilty


def test_imports_have_no_cycle() -> None:
    graph = components()
    graph.pop("__init__", None)  # it only offers what the others define
    assert list(TopologicalSorter(graph).static_order())


def test_data_imports_nothing_but_data() -> None:
    graph = components()
    data = {"aftermath", "location", "outcome", "peers", "precision", "rawgraph"}
    assert graph["run"] == data
    assert graph["aftermath"] == graph["precision"] == {"location"}
    assert graph["rawgraph"] == graph["location"] == graph["outcome"] == set()
    assert graph["peers"] == {"location", "outcome"}
    assert graph["finding"] == {"run"}


@pytest.mark.parametrize(
    ("of", "never"),
    [
        ("analysis", {"recording", "launch", "checking", "rules", "report", "picture", "asserts"}),
        ("rules", {"recording", "launch", "checking", "report", "picture"}),
        ("report", {"recording", "launch"}),
        ("picture", {"recording", "launch", "rules"}),
        ("recording", {"launch", "session", "checking", "rules", "report", "picture"}),
    ],
)
def test_stage_does_not_reach_into_another(of: str, never: set[str]) -> None:
    assert not components()[of] & never


def test_nothing_imports_the_command_line() -> None:
    importers = {name for name, used in components().items() if "cli" in used}
    assert importers <= {"__main__"}


def test_every_folder_is_a_package() -> None:
    assert not [relative(f.parent) for f in SOURCES if not (f.parent / "__init__.py").is_file()]


def test_source_opens_with_its_purpose_and_future_annotations() -> None:
    future = "from __future__ import annotations"
    bodies = {relative(file): parsed(file).body for file in SOURCES}
    guilty = {
        name
        for name, body in bodies.items()
        if not ast.get_docstring(ast.Module(body, []))
        or [ast.unparse(node) for node in body[1:2]] not in ([], [future])
    }
    assert not guilty


def test_files_are_small() -> None:
    lengths = {relative(f): len(f.read_text(encoding="utf-8").splitlines()) for f in SOURCES}
    assert not {name: length for name, length in lengths.items() if length > LONGEST_FILE}


def test_functions_are_small() -> None:
    lengths = {
        f"{relative(file)}: {node.name}": node.end_lineno - node.lineno + 1
        for file in SOURCES
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    }
    assert not {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION}


def occurrences(pattern: str) -> dict[str, list[str]]:
    found = {relative(f): re.findall(pattern, f.read_text(encoding="utf-8")) for f in TEXTS}
    return {name: matches for name, matches in found.items() if matches}


def test_nothing_is_left_to_do() -> None:
    assert not occurrences(r"\b(?:TODO|FIXME|XXX)\b")


def test_no_text_names_a_machine() -> None:
    assert not occurrences(r"(?<![\w.])/(?:home|root|work|Users)/\w*|\b[A-Z]:\\Users")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["rules"], ["explain", "GG101"]])
def test_command_does_without_torch(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise SystemExit('torch was imported')\n")
    run = subprocess.run(
        [sys.executable, "-m", "gradcheck_gan", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout
