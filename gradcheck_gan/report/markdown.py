"""The report as GitHub's Markdown, for a job summary or a comment on a change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from gradcheck_gan.exits import unjudged
from gradcheck_gan.finding import Finding, PlayerSummary, Report
from gradcheck_gan.report.excerpt import excerpt, printable
from gradcheck_gan.report.matrix import rows
from gradcheck_gan.report.sentences import cannot_judge, ending, measured, verdict
from gradcheck_gan.words import counted, listed

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&@$])")


def render(report: Report, root: Path) -> str:
    """Verdict, findings with their source, then players and the flow matrix, folded away."""
    blocks = [
        f"## {escaped(verdict(report))}",
        *(block for finding in report.findings for block in _finding(finding, root)),
        *_folded(
            "Players", _table(("player", "role", "parameters", "trained by"), _players(report))
        ),
        *_folded("Where the gradient of each backward pass went", _flow(report)),
        *(f"Note: {escaped(note)}" for note in report.notes),
        escaped(ending(report.target, report.outcome)),
    ]
    reason = unjudged(report)
    if reason and report.findings:
        blocks.append(
            f"Beyond this nothing could be judged: {escaped(cannot_judge(report, reason))}"
        )
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """`text` on one line, in which nothing is markup."""
    return _SPECIAL.sub(r"\\\1", " ".join(printable(text).split()))


def prose(text: str) -> str:
    """A sentence of ours on one line; what it has in backticks is code."""
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0:  # a stray backtick
        return escaped(text)
    return "".join(
        code(part) if number % 2 else _SPECIAL.sub(r"\\\1", printable(part))
        for number, part in enumerate(parts)
    )


def code(text: str) -> str:
    """`text` as inline code; its fence is longer than any run of backticks in it."""
    text = " ".join(printable(text).split())
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    space = " " if longest else ""
    return f"{'`' * (longest + 1)}{space}{text}{space}{'`' * (longest + 1)}"


def _finding(finding: Finding, root: Path) -> Iterator[str]:
    named = f"{finding.severity} {finding.code} {escaped(finding.name)}"
    yield f"### {named} at {code(str(finding.location))}"
    yield prose(finding.message)
    yield from _source(finding, root)
    if finding.related:
        yield "\n".join(
            f"- {code(str(related.location))} {escaped(related.note)}"
            for related in finding.related
        )
    if finding.evidence:
        yield f"Measured: {escaped(measured(finding.evidence))}"
    yield f"**Fix:** {prose(finding.fix)}"


def _source(finding: Finding, root: Path) -> Iterator[str]:
    lines = [
        text for line in excerpt(finding.location, root) for text in (line.text, line.underline)
    ]
    if lines:
        longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
        fence = "`" * max(3, longest + 1)
        yield "\n".join((f"{fence}text", *lines, fence))


def _folded(title: str, table: str) -> Iterator[str]:
    if table:
        yield f"<details><summary>{title}</summary>"
        yield table
        yield "</details>"


def _players(report: Report) -> list[tuple[str, ...]]:
    return [_player(player) for player in report.players]


def _player(player: PlayerSummary) -> tuple[str, ...]:
    held = listed(player.optimizers) or "no optimizer"
    return player.name, player.role, counted(player.parameters, "parameter"), held


def _flow(report: Report) -> str:
    names = tuple(player.name for player in report.players)
    return _table(("backward pass", *names), rows(report))


def _table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    body = [[escaped(cell) for cell in line] for line in lines]
    if not body:
        return ""
    cells = [escaped(cell) for cell in head]
    all_lines = [cells, ["---"] * len(cells), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in all_lines)
