"""The report as workflow commands of GitHub Actions, which annotate the lines of a change."""

from __future__ import annotations

from pathlib import Path

from gradcheck_gan.exits import unjudged
from gradcheck_gan.finding import SEVERITIES, Finding, Report
from gradcheck_gan.report.excerpt import printable
from gradcheck_gan.report.places import in_file, repository_path
from gradcheck_gan.report.sentences import cannot_judge
from gradcheck_gan.words import counted

COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
MOST = 10
"""GitHub shows so many annotations of each kind in a step, and drops the rest without a word."""


def render(report: Report, root: Path) -> str:
    """A line per finding, the worst first, and one that counts what GitHub would have dropped."""
    lines: list[str] = []
    left = 0
    for severity in SEVERITIES:
        found = [finding for finding in report.findings if finding.severity == severity]
        room = MOST - 1 if severity == "note" else MOST  # the last notice is for the count
        lines += [_annotation(finding, root) for finding in found[:room]]
        left += len(found[room:])
    if reason := unjudged(report):
        title = _property(f"{report.tool.name} could not judge")
        lines.insert(0, f"::error title={title}::{_data(cannot_judge(report, reason))}")
    if left:
        lines.append(f"::notice title={report.tool.name}::{counted(left, 'more finding')}")
    return "".join(f"{line}\n" for line in lines)


def _annotation(finding: Finding, root: Path) -> str:
    place = in_file(finding.location, root)
    properties = {
        "file": repository_path(place, root),
        "line": place.line,
        "endLine": place.end_line or place.line,
        # GitHub takes columns only where the lines are the same.
        "col": place.column if place.end_line in (None, place.line) else None,
        "endColumn": place.end_column if place.end_line in (None, place.line) else None,
        "title": f"{finding.code} {finding.name}",
    }
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
    related = (f"{other.location}: {other.note}" for other in finding.related)
    where = [str(finding.location)] * (finding.location.cell is not None)
    text = "\n".join((*where, finding.message, *related, f"fix: {finding.fix}"))
    return f"::{COMMANDS[finding.severity]} {told}::{_data(text)}"


def _data(text: object) -> str:
    lines = (printable(line) for line in str(text).splitlines())
    return "%0A".join(line.replace("%", "%25") for line in lines)


def _property(text: object) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
