"""Faults that were reported in public, rebuilt: `python -m benchmarks.bugs [--update FILE]`.

Runs `fixtures/real_bugs`: each program and its twin `_fixed.py`. The rest of a row comes from the
program's docstring: its first sentence, `Source:`, `First run:` (what the tool said when it saw the
program for the first time) and, where it says nothing, `Missed:` (why).
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from harness import Fixture, Server, difference, read_fixture  # noqa: E402

FOLDER = ROOT / "fixtures" / "real_bugs"
BEGIN, END = "<!-- real bugs -->", "<!-- end of real bugs -->"
HEAD = (
    "| source | what went wrong | code | first run | now | twin silent |",
    "|---|---|---|---|---|---|",
)


@dataclass(frozen=True, slots=True)
class Bug:
    """What the docstring tells, and what a run of the program and of its twin gave."""

    source: str
    sentence: str
    codes: str
    first: str
    missed: str
    found: bool
    silent: bool

    @property
    def row(self) -> str:
        now = "found" if self.found else f"missed: {self.missed}"
        silent = "yes" if self.silent else "no"
        cells = (self.source, self.sentence, self.codes, self.first, now, silent)
        return f"| {' | '.join(cells)} |"


def main() -> int:
    options = _arguments()
    with Server() as server:
        bugs = [measured(path, server) for path in programs()]
    print(text := report(bugs))
    if options.update:
        update(options.update, text)
    return 0 if all((bug.found or bug.missed) and bug.silent for bug in bugs) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bugs", description=__doc__)
    parser.add_argument("--update", type=Path, metavar="FILE", help="put the table into this page")
    return parser.parse_args()


def programs() -> list[Path]:
    return sorted(path for path in FOLDER.glob("*.py") if not path.stem.endswith("_fixed"))


def measured(path: Path, server: Server) -> Bug:
    fixture, twin = read_fixture(path), read_fixture(path.with_stem(f"{path.stem}_fixed"))
    result = server.run(fixture)
    sentence, fields = header(path)
    missed = fields.get("Missed", "")
    right = not difference(fixture, result) and bool(fixture.expected) and not missed
    return Bug(
        fields["Source"],
        sentence,
        _codes(fixture, missed),
        fields["First run"],
        missed,
        right,
        not difference(twin, server.run(twin)),
    )


def header(path: Path) -> tuple[str, dict[str, str]]:
    """The first sentence of the docstring, and its lines `Name: text.` without the full stop."""
    lines = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").splitlines()
    pairs = (re.fullmatch(r"([A-Z][a-z ]+): (.+?)\.?", line) for line in lines[1:])
    return lines[0].rstrip("."), {pair[1]: pair[2] for pair in pairs if pair}


def _codes(fixture: Fixture, missed: str) -> str:
    """Of a program that is told otherwise than it should be, what should be told."""
    marks = fixture.later if missed else fixture.expected or fixture.later
    return ", ".join(sorted({mark.code for mark in marks}))


def report(bugs: list[Bug]) -> str:
    """The figures in one sentence, and the table."""
    rows = [bug.row for bug in bugs]
    return "\n".join([*figures(bugs), "", *HEAD, *rows])


def figures(bugs: list[Bug]) -> Iterable[str]:
    count = len(bugs)
    first = sum(bug.first == "right" for bug in bugs)
    yield f"At the first run {first} of {count} were told as marked, with nothing said beside it."
    yield f"Now {sum(bug.found for bug in bugs)} of {count} are;"
    yield f"{sum(bug.silent for bug in bugs)} of {count} twins are silent."


def update(page: Path, text: str) -> None:
    """Replaces what stands between the markers of the page."""
    before, begin, rest = page.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{page} has no lines {BEGIN} and {END}; add them where the table goes.")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
