"""The report as one self-contained HTML page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from gradcheck_gan.exits import unjudged
from gradcheck_gan.finding import SEVERITIES, Report
from gradcheck_gan.report.excerpt import excerpt, printable
from gradcheck_gan.report.html.flow import flow_table
from gradcheck_gan.report.html.graph import codes_at, graphs_of
from gradcheck_gan.report.html.timeline import timeline_svg
from gradcheck_gan.report.sentences import cannot_judge, ending, measured, verdict
from gradcheck_gan.run import Location, Run
from gradcheck_gan.words import counted, listed


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of source; `marked` is the part that is meant."""

    number: int
    before: str
    marked: str
    after: str


def render(report: Report, root: Path, run: Run | None = None) -> str:
    """The page; it loads nothing, and runs no script but its own, whatever the report says.

    Without `run` it has no picture of the gradient graph.
    """
    style, script = _asset("page.css"), _asset("page.js")
    graphs = graphs_of(report, run)
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {
        "counted": counted,
        "listed": listed,
        "shown": printable,
        "prose": _prose,
    }
    template = environment.from_string(_asset("page.html"))
    return template.render(
        report=report,
        verdict=verdict(report),
        worst=_worst(report),
        ending=ending(report.target, report.outcome),
        beyond=_beyond(report),
        findings=[(finding, measured(finding.evidence)) for finding in report.findings],
        lines=lambda place: list(_lines(place, root)),
        flow=flow_table(report),
        timeline=timeline_svg(report),
        graphs=graphs,
        codes_at=lambda node: list(codes_at(report, graphs, node)),
        style=Markup(style),
        script=Markup(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _asset(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def _prose(text: str) -> Markup:
    """A sentence of ours, in which backticks set off code."""
    parts = [escape(printable(part)) for part in text.split("`")]
    if len(parts) % 2 == 0:  # a stray backtick
        return escape(printable(text))
    code = Markup("<code>{}</code>")
    shown = (code.format(part) if number % 2 else part for number, part in enumerate(parts))
    return Markup("").join(shown)


def _hash(text: str) -> str:
    """How a content security policy names an inline style or script that it lets pass."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _worst(report: Report) -> str:
    found = (severity for severity in SEVERITIES for f in report.findings if f.severity == severity)
    return next(found, "warning" if unjudged(report) else "good")


def _beyond(report: Report) -> str | None:
    reason = unjudged(report)
    return cannot_judge(report, reason) if reason and report.findings else None


def _lines(place: Location, root: Path) -> Iterator[SourceLine]:
    for line in excerpt(place, root, width=400):
        start = len(line.underline) - len(line.underline.lstrip())
        end = len(line.underline)
        yield SourceLine(line.number, line.text[:start], line.text[start:end], line.text[end:])
