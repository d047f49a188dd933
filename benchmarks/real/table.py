"""Rows of the table in docs/real-world.md, and the sentences above it."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.real.programs import Program
from benchmarks.real.verdict import NOT_COMPARED, agreement, by_site

HEAD = ("| program | ledger | tool | agree | what is so |", "| --- | --- | --- | --- | --- |")
REQUIRED = ("PyTorch-GAN/", "examples/", "pytorch-tutorial/")
_MADE = re.compile(r"(?<=<!-- made -->\n).*?(?=<!-- end -->)", re.DOTALL)


@dataclass(frozen=True)
class Row:
    """The cells of one program; none holds a bar or a line break."""

    program: str
    ledger: str
    tool: str
    agree: str
    remark: str

    @classmethod
    def parse(cls, line: str) -> Row | None:
        """`None` for a line that is no row of this table, its head included."""
        cells = line.strip("| ").split(" | ")
        known = line.startswith("| ") and len(cells) == 5 and line not in HEAD
        return cls(*cells) if known else None

    def __str__(self) -> str:
        cells = (self.program, self.ledger, self.tool, self.agree, self.remark)
        return f"| {' | '.join(' '.join(cell.replace('|', '/').split()) for cell in cells)} |"


def row(program: Program, account: dict[str, Any] | None, report: dict[str, Any] | None) -> Row:
    agree = agreement(account, report, program.discriminators)
    return Row(program.name, ledger_cell(account), tool_cell(report), agree, program.remark)


def ledger_cell(account: dict[str, Any] | None) -> str:
    """Steps, whose parameters got gradient, which passes nobody read or two players read."""
    if account is None:
        return "no account: it was ended by the time limit"
    parts = [_counted(account["steps"], "step")]
    parts += [_owner(owner) for owner in account["optimizers"] if owner["steps"]]
    read, unread = by_site(account, "read"), by_site(account, "unread")
    idle = [f"{site} → {name}" for site in unread for name in sorted(unread[site] - read[site])]
    parts += [f"unread: {', '.join(idle)}"] if idle else []
    parts += [
        f"{site} read by {' and '.join(sorted(by))}" for site, by in read.items() if len(by) > 1
    ]
    if account["error"]:
        parts.append(f"`{_short(account['error'])}`")
    return "; ".join(parts)


def _owner(owner: dict[str, Any]) -> str:
    twice = owner["entries"] - owner["parameters"]
    told = f"{owner['name']} {owner['alive']}/{owner['parameters']}"
    return f"{told} ({twice} held twice)" if twice else told


def tool_cell(report: dict[str, Any] | None) -> str:
    """How far the run came, and the findings."""
    if report is None:
        return "no report: it was ended by the time limit"
    outcome = report["outcome"]
    found = [
        f"**{finding['code']}** {finding['severity']}"
        + (f" {_place(finding['location'])}" if finding["location"] else "")
        for finding in report["findings"]
    ]
    crashed = outcome["status"] == "crashed"
    ran = "failed" if crashed else _counted(outcome["rounds"], "round")
    return f"{ran}: {', '.join(found) or 'nothing'}"


def _place(location: dict[str, Any]) -> str:
    return f"{Path(location['path']).name}:{location['line']}"


def _counted(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'s' * (number > 1)}"


def _short(error: str, limit: int = 90) -> str:
    cleaned = error.replace("`", "'")
    return cleaned if len(cleaned) <= limit else f"{cleaned[:limit]}…"


def wrong(program: Program, report: dict[str, Any] | None) -> list[str]:
    """Errors and warnings that are not true of this program, true ones that are not found."""
    findings = report["findings"] if report else []
    found = {one["code"]: one["severity"] for one in findings if one["severity"] != "note"}
    untrue = [f"{found[code]} {code} is not true" for code in found if code not in program.faults]
    missed = [f"{code} is not found" for code in program.faults if code not in found]
    return untrue + missed


def summary(rows: list[Row]) -> str:
    """Where it was measured, and how many rows ran and agree."""
    import torch

    ran = [one for one in rows if one.tool.startswith("2 rounds")]
    required = [one for one in ran if one.program.startswith(REQUIRED)]
    compared = [one for one in rows if one.agree != NOT_COMPARED]
    agreed = [one for one in compared if one.agree == "yes"]
    return (
        f"Made with Python {platform.python_version()} and torch {torch.__version__}, "
        f"on {os.cpu_count()} cores.\n"
        f"{len(ran)} of {len(rows)} rows ran to two rounds, {len(required)} of them of the first "
        f"three repositories.\nLedger and tool agree in {len(agreed)} of the {len(compared)} rows "
        "in which an optimizer stepped.\n"
    )


def update(file: Path, rows: list[Row]) -> None:
    """Replace the rows of programs that ran, add those that are new, and count anew."""
    fresh = {one.program: one for one in rows}
    lines = file.read_text(encoding="utf-8").splitlines()
    kept: list[Row | str] = []
    for line in lines:
        known = Row.parse(line)
        kept.append(line if known is None else fresh.pop(known.program, known))
    end = 1 + max(n for n, line in enumerate(kept) if isinstance(line, Row) or line == HEAD[1])
    kept[end:end] = fresh.values()
    told = summary([line for line in kept if isinstance(line, Row)])
    text = "\n".join(map(str, kept)) + "\n"
    file.write_text(_MADE.sub(lambda _: told, text), encoding="utf-8")
