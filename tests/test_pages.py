"""Every rule's page says what the rule says, and its programs give what they promise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import ROOT, Fixture, Server, difference, read_fixture

from gradcheck_gan.checking import all_rules

PAGES = sorted((ROOT / "docs" / "rules").glob("GG*.md"))
SECTIONS = [
    "What it means",
    "Why it happens",
    "How it looks in numbers",
    "Bad",
    "Good",
    "Look-alikes that are fine",
    "Fix",
]
LONGEST_PROGRAM = 40
LONGEST_LINE = 100

PROGRAM = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)]+)\)")

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
every_program = pytest.mark.parametrize("kind", ["Bad", "Good"])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def sections(page: Path) -> dict[str, str]:
    """Text by heading, in the page's order; what stands before the first one is under ''."""
    parts = re.split(r"^## (.+)\n", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(["", *parts[1::2]], parts[::2], strict=True))


def program(page: Path, kind: str) -> str:
    (source,) = PROGRAM.findall(sections(page)[kind])
    return str(source)


def written(page: Path, kind: str, folder: Path) -> Fixture:
    path = folder / f"{page.stem.lower()}_{kind.lower()}.py"
    path.write_text(program(page, kind), encoding="utf-8")
    return read_fixture(path)


def test_there_are_pages() -> None:
    assert PAGES


@every_page
def test_head_is_the_rules(page: Path) -> None:
    rule = {rule.code: rule for rule in all_rules()}[page.stem]
    title, severity = sections(page)[""].strip().split("\n\n")
    assert title == f"# {rule.code} {rule.name}"
    assert severity.startswith(f"Severity: **{rule.severity}**")
    assert ("off by default" in severity) is not rule.default


@every_page
def test_sections_are_complete_and_in_order(page: Path) -> None:
    found = sections(page)
    assert list(found) == ["", *SECTIONS]
    assert [name for name, text in found.items() if not text.strip()] == []


@every_page
def test_lines_are_short_and_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if len(line) > LONGEST_LINE] == []
    links = LINK.findall(PROGRAM.sub("", text))
    targets = [target for target in links if not target.startswith("https://")]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@every_program
@every_page
def test_program_is_short_and_seeded(page: Path, kind: str) -> None:
    source = program(page, kind)
    assert source.count("\n") < LONGEST_PROGRAM
    assert "torch.manual_seed(0)\n" in source


@every_page
def test_only_the_bad_program_is_marked(page: Path, tmp_path: Path) -> None:
    assert {mark.code for mark in written(page, "Bad", tmp_path).expected} == {page.stem}
    assert not written(page, "Good", tmp_path).expected


@every_program
@every_page
def test_program_gives_what_is_marked(
    server: Server, page: Path, kind: str, tmp_path: Path
) -> None:
    fixture = written(page, kind, tmp_path)
    assert not (wrong := difference(fixture, server.run(fixture))), wrong
