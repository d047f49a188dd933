"""The examples of docs/testing.md pass as they stand, and fail where a fault is put into them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gradcheck_gan import GradientFlowError

PAGE = Path(__file__).resolve().parent.parent / "docs" / "testing.md"
BLOCK = re.compile(r"^```python( preamble)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FAULT = re.compile(r"^( *)# (?:(GG\d+)|fails) if: (.+)\n.+$", re.MULTILINE)
HEADING = re.compile(r"^### (.+)$", re.MULTILINE)
CASES = 10


@dataclass(frozen=True)
class Example:
    """A test module of the page; `number` tells two of one heading apart."""

    heading: str
    number: int
    source: str

    def __str__(self) -> str:
        return f"{self.heading}-{self.number}"

    @property
    def faults(self) -> list[re.Match[str]]:
        return list(FAULT.finditer(self.source))


def preamble() -> str:
    (found,) = (code for kind, code in BLOCK.findall(PAGE.read_text("utf-8")) if kind)
    return str(found)


def examples() -> Iterator[Example]:
    _, *parts = HEADING.split(PAGE.read_text("utf-8").partition("\n## A whole report")[0])
    for heading, body in zip(parts[::2], parts[1::2], strict=True):
        for number, (_, code) in enumerate(BLOCK.findall(body), 1):
            yield Example(heading, number, code)


EXAMPLES = list(examples())
FAULTY = [example for example in EXAMPLES if example.faults]
every_example = pytest.mark.parametrize("example", EXAMPLES, ids=str)
every_faulty_one = pytest.mark.parametrize("example", FAULTY, ids=str)


def loaded(source: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of its own in the folder that is worked in, as the places in messages show it."""
    monkeypatch.chdir(folder)
    path = folder / "test_example.py"
    whole = f"{preamble()}\n\n{source}"
    path.write_text(whole, encoding="utf-8")
    module = ModuleType("test_example")
    exec(compile(whole, str(path), "exec", dont_inherit=True), vars(module))
    return module


def functions_of(module: ModuleType) -> list[Any]:
    return [function for name, function in vars(module).items() if name.startswith("test_")]


def failures(module: ModuleType) -> list[str]:
    messages = []
    for test in functions_of(module):
        try:
            test()
        except GradientFlowError as error:
            messages.append(str(error))
    return messages


def test_every_case_has_a_failing_twin() -> None:
    headings = {example.heading for example in EXAMPLES}
    assert len(headings) == CASES
    assert {example.heading for example in FAULTY} == headings


@every_example
def test_example_passes(example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = loaded(example.source, tmp_path, monkeypatch)
    assert functions_of(module)
    assert failures(module) == []


@every_faulty_one
def test_twin_fails_at_its_line(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fault,) = example.faults
    indent, code, replacement = fault.groups()
    broken = FAULT.sub(f"{indent}{replacement}".replace("\\", "\\\\"), example.source)
    line = f"{preamble()}\n\n{broken}".splitlines().index(indent + replacement) + 1
    found = failures(loaded(broken, tmp_path, monkeypatch))
    told = rf"^test_example\.py:{line}:\d+{f': {code}' if code else ''}"
    assert any(re.search(told, message, re.MULTILINE) for message in found), found
