"""The report for a reader: verdict, findings with their source, then what was observed."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

import click

from gradcheck_gan.exits import unjudged
from gradcheck_gan.finding import SEVERITIES, Finding, PlayerSummary, Related, Report
from gradcheck_gan.report.excerpt import excerpt, fragment, printable
from gradcheck_gan.report.matrix import matrix, title
from gradcheck_gan.report.sentences import cannot_judge, ending, measured, verdict
from gradcheck_gan.run import Location
from gradcheck_gan.words import counted, listed

COLORS = {"error": "red", "warning": "yellow", "note": "cyan", "good": "green"}
LEGEND = (
    "flow: parameters that got a gradient; cut: the loss was computed from them and none came; "
    "zero: it came and was all zero; -: the pass does not concern them."
)


@dataclass(frozen=True, slots=True)
class _Style:
    color: bool
    width: int
    root: Path

    def paint(self, text: str, kind: str) -> str:
        if not self.color:
            return text
        return click.style(text, fg=COLORS.get(kind), bold=True)

    def wrap(self, text: str, indent: str = "", label: str = "") -> list[str]:
        """Paragraphs of `text` as lines behind `indent`, the first one behind `label` too."""
        lines: list[str] = []
        for paragraph in text.strip().splitlines():
            first = indent + (label if not lines else " " * len(label))
            lines += self._fill(printable(paragraph), first, indent + " " * len(label))
        if label and lines:
            name = label.rstrip()
            lines[0] = indent + self.paint(name, "strong") + lines[0][len(indent) + len(name) :]
        return lines

    def _fill(self, text: str, first: str, rest: str) -> list[str]:
        return textwrap.wrap(
            text,
            self.width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )


def render(
    report: Report, root: Path | None = None, *, color: bool = False, width: int = 88
) -> str:
    """The whole report; `root` is the folder that relative paths start from."""
    style = _Style(color, width, root or Path.cwd())
    sections = [
        _verdict(report, style),
        *(_finding(finding, style) for finding in report.findings),
        _players(report, style),
        _flow(report, style),
        _notes(report, style),
        _end(report, style),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def brief(finding: Finding, *, width: int = 88, root: Path | None = None) -> str:
    """A finding inside another text: the line at fault, why, and what to change."""
    style = _Style(False, width, root or Path.cwd())
    return "\n".join(
        [
            f"{_place(finding.location)}: {finding.code} {finding.name}".rstrip(": "),
            *style.wrap(finding.cause or finding.message, "  "),
            *_excerpt(finding.location, style, finding.severity),
            *style.wrap(finding.fix, "  ", "fix: "),
        ]
    )


def paragraph(words: str, *, width: int = 88) -> str:
    return "\n".join(_Style(False, width, Path()).wrap(words))


def _verdict(report: Report, style: _Style) -> list[str]:
    worst = next(
        (severity for severity in SEVERITIES for f in report.findings if f.severity == severity),
        "warning" if unjudged(report) else "good",
    )
    return [style.paint(line, worst) for line in style.wrap(verdict(report))]


def _finding(finding: Finding, style: _Style) -> list[str]:
    place = _place(finding.location)
    severity = style.paint(finding.severity, finding.severity)
    return [
        f"{style.paint(place, 'strong')}: {finding.code} {severity} {finding.name}",
        *style.wrap(finding.message, "  "),
        *_excerpt(finding.location, style, finding.severity),
        *(line for related in finding.related for line in _related(related, finding, style)),
        *style.wrap(measured(finding.evidence), "  ", "measured: "),
        *style.wrap(finding.fix, "  ", "fix: "),
        *style.wrap(_seen(finding), "  ", "seen: "),
    ]


def _place(location: Location) -> str:
    before = ", column " if location.cell is not None else ":"
    column = f"{before}{location.column}" if location.column is not None else ""
    return printable(f"{location}{column}")


def _related(related: Related, finding: Finding, style: _Style) -> list[str]:
    """With its source, unless that has just been shown."""
    shown = related.location == finding.location
    return [
        *style.wrap(f"{_place(related.location)}: {related.note}", "  "),
        *([] if shown else _excerpt(related.location, style, "note")),
    ]


def _excerpt(location: Location, style: _Style, kind: str) -> list[str]:
    lines = []
    for line in excerpt(location, style.root, style.width - 13):
        lines += [
            f"  {line.number:>6} | {line.text}",
            f"  {'':>6} | {_underline(line.underline, style, kind)}",
        ]
    return lines


def _underline(text: str, style: _Style, kind: str) -> str:
    carets = text.lstrip()
    return text[: len(text) - len(carets)] + style.paint(carets, kind)


def _seen(finding: Finding) -> str:
    first, last = finding.first_round, finding.last_round
    rounds = f"in round {first}" if first == last else f"in rounds {first} to {last}"
    return rounds if finding.count == 1 else f"{rounds}, {counted(finding.count, 'time')}"


def _players(report: Report, style: _Style) -> list[str]:
    if not report.players:
        return []
    longest = max(len(player.name) for player in report.players)
    lines = [line for player in report.players for line in _player(player, longest, style)]
    return [style.paint("Players, and how they were found", "strong"), *lines]


def _player(player: PlayerSummary, longest: int, style: _Style) -> list[str]:
    role = "" if player.role == "other" else f"{player.role}, "
    trained = f"trained by {listed(player.optimizers)}" if player.optimizers else "no optimizer"
    found = f"; {player.found}" if player.found else ""
    words = f"{role}{counted(player.parameters, 'parameter')}, {trained}{found}"
    return style.wrap(words, "  ", f"{player.name.ljust(longest)}  ")


def _flow(report: Report, style: _Style) -> list[str]:
    lines = matrix(report, style.width - 2, style.paint, lambda place: fragment(place, style.root))
    if not lines:
        return []
    name = f"Where the gradient of each backward pass went ({title(report)})"
    head = [style.paint(line, "strong") for line in style.wrap(name)]
    return [*head, *(f"  {line}".rstrip() for line in lines), *style.wrap(LEGEND, "  ")]


def _notes(report: Report, style: _Style) -> list[str]:
    return [line for note in report.notes for line in style.wrap(note, "", "note: ")]


def _end(report: Report, style: _Style) -> list[str]:
    reason = unjudged(report)
    if reason == "failed" and not report.findings:
        return []  # the verdict has told it
    lines = style.wrap(ending(report.target, report.outcome))
    if reason and report.findings:
        why = cannot_judge(report, reason)
        lines += style.wrap(f"Beyond these findings nothing could be judged: {why}")
    return lines
