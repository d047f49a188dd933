"""The table of the benchmark, what was missed, and their section in docs/accuracy.md."""

from __future__ import annotations

import platform
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutants.running import Verdict
from gradcheck_gan.commandline.catalogue import catalogue

HEAD = (
    "| planted | mutants | reported | at the right line | with something untrue beside it |",
    "| --- | --: | --: | --: | --: |",
)
OURS, PUBLIC = "mutants", "public mutants"


@dataclass(frozen=True)
class Row:
    what: str
    mutants: int
    reported: int
    placed: int
    extra: int

    def __str__(self) -> str:
        cells = (
            self.mutants,
            _share(self.reported, self.mutants),
            _share(self.placed, self.mutants),
        )
        return f"| {self.what} | {' | '.join(map(str, cells))} | {self.extra} |"


def _share(part: int, whole: int) -> str:
    return f"{part} ({100 * part / whole:.1f} %)" if whole else "0"


def rows(verdicts: Iterable[Verdict]) -> list[Row]:
    """Recall by code, then false alarms: the two halves of one table."""
    found = list(verdicts)
    faults = [verdict for verdict in found if verdict.truth.kind == "fault"]
    names = {rule.code: f"{rule.code} {rule.name}" for rule in catalogue()}
    by_code: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in faults:
        by_code[verdict.truth.code].append(verdict)
    told = [_row(names.get(code, code), by_code[code]) for code in sorted(by_code)]
    return [*told, _row("**all faults**", faults)]


def _row(what: str, found: Sequence[Verdict]) -> Row:
    told = sum(verdict.told for verdict in found)
    placed = sum(verdict.placed for verdict in found)
    return Row(what, len(found), told, placed, sum(bool(verdict.extra) for verdict in found))


def quiet_rows(verdicts: Iterable[Verdict]) -> list[str]:
    """Programs in which nothing is wrong: whatever is reported there is a false alarm."""
    right = [verdict for verdict in verdicts if verdict.truth.kind == "equivalent"]
    groups = {
        "right programs, unmutated": [v for v in right if v.operator == "unmutated"],
        "right programs after a change that does no harm": [
            v for v in right if v.operator != "unmutated"
        ],
    }
    return [
        f"| {what} | {len(group)} | {_alarms(group)} | - | {_alarms(group)} |"
        for what, group in groups.items()
    ]


def _alarms(found: Sequence[Verdict]) -> int:
    return sum(bool(verdict.found) for verdict in found)


def table(verdicts: Sequence[Verdict]) -> list[str]:
    return [*HEAD, *map(str, rows(verdicts)), *quiet_rows(verdicts)]


def shortcomings(verdicts: Iterable[Verdict]) -> list[str]:
    """By operator and code, how many were missed or told at another line, and in which programs."""
    missed: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for verdict in verdicts:
        kind = shortcoming(verdict)
        if kind:
            missed[kind, verdict.truth.code, verdict.operator][verdict.program] += 1
    return [
        f"| {kind} | {code} | {operator} | {sum(programs.values())} | "
        f"{', '.join(sorted(programs))} |"
        for (kind, code, operator), programs in sorted(missed.items())
    ]


def shortcoming(verdict: Verdict) -> str:
    if verdict.truth.kind == "fault":
        if not verdict.told:
            return "missed"
        return "other line" if not verdict.placed else "untrue beside" if verdict.extra else ""
    return "false alarm" if verdict.truth.kind == "equivalent" and verdict.found else ""


def section(verdicts: Sequence[Verdict], torch_version: str) -> str:
    """What stands between the markers."""
    programs = len({verdict.program for verdict in verdicts})
    invalid = sum(verdict.truth.kind == "invalid" for verdict in verdicts)
    head = (
        f"{programs} programs, {len(verdicts) - programs} changes, torch {torch_version}, "
        f"Python {platform.python_version()}; {invalid} changes made a program that fails for "
        "reasons that have nothing to do with gradients, and are not counted."
    )
    lines = [
        head,
        "",
        *table(verdicts),
        "",
        "What is missed, told at another line, or untrue:",
        "",
        "| what | code | change | how often | programs |",
        "| --- | --- | --- | --: | --- |",
        *shortcomings(verdicts),
        "",
    ]
    return "\n".join(lines)


def update(file: Path, text: str, name: str = OURS) -> None:
    """Replace what stands between the markers of the file."""
    section = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)
    old = file.read_text(encoding="utf-8")
    if not section.search(old):
        raise SystemExit(f"{file} has no place for the table: put <!-- {name} --> into it")
    file.write_text(section.sub(lambda _: text, old), encoding="utf-8")
