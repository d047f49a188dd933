"""Rows of the table in docs/real-world.md."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

HEAD = ("| program | ledger | tool | what is so |", "| --- | --- | --- | --- |")


def row(name: str, ledger: str, tool: str, remark: str) -> str:
    return f"| {name} | {' '.join((ledger).split())} | {' '.join(tool.split())} | {remark} |"


def ledger_cell(account: dict[str, Any] | None) -> str:
    """Steps, whose parameters got gradient, which passes nobody read or two players read."""
    if account is None:
        return "no account: ended by the time limit"
    parts = [_counted(account["steps"], "step")]
    parts += [_owner(owner) for owner in account["optimizers"] if owner["steps"]]
    parts += _unread(account) + _shared(account)
    if account["error"]:
        parts.append(f"`{_short(account['error'])}`")
    return "; ".join(parts)


def _owner(owner: dict[str, Any]) -> str:
    twice = owner["entries"] - owner["parameters"]
    told = f"{owner['name']} {owner['alive']}/{owner['parameters']}"
    return f"{told} ({twice} held twice)" if twice else told


def _unread(account: dict[str, Any]) -> list[str]:
    read = {(site, owner) for site, owner, _ in account["consumed"]}
    unread = [
        f"{site} → {owner.partition(' ')[2]}"
        for site, owner, _ in account["discarded"]
        if (site, owner) not in read
    ]
    return [f"unread: {', '.join(unread)}"] if unread else []


def _shared(account: dict[str, Any]) -> list[str]:
    readers = defaultdict(list)
    for site, owner, _ in account["consumed"]:
        readers[site].append(owner.partition(" ")[2])
    return [
        f"{site} read by {' and '.join(owners)}" for site, owners in readers.items() if owners[1:]
    ]


def tool_cell(report: dict[str, Any] | None) -> str:
    """How far the run came, and the findings."""
    if report is None:
        return "no report: ended by the time limit"
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
    cleaned = error.replace("|", "/").replace("`", "'")
    return cleaned if len(cleaned) <= limit else f"{cleaned[:limit]}…"


def update(file: Path, rows: list[str]) -> None:
    """Replace the rows of programs that ran, add those that are new, leave all other text."""
    fresh = {_first(line): line for line in rows}
    lines = file.read_text(encoding="utf-8").splitlines()
    kept = [fresh.pop(_first(line), line) for line in lines]
    end = max((n for n, line in enumerate(kept, 1) if line.startswith("|")), default=len(kept))
    file.write_text(
        "\n".join(kept[:end] + list(fresh.values()) + kept[end:]) + "\n", encoding="utf-8"
    )


def _first(line: str) -> str:
    return line.partition(" | ")[0] if line.startswith("| ") else line
