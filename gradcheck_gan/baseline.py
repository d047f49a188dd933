"""A file of findings that are known and left for later: only new ones count."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradcheck_gan.finding import Finding, Report
from gradcheck_gan.report.places import fingerprints
from gradcheck_gan.words import counted, listed

if TYPE_CHECKING:
    from gradcheck_gan.output import Target

FORMAT = 1


class BaselineError(Exception):
    """A baseline that cannot be used, told in one sentence."""


@dataclass(frozen=True, slots=True)
class Known:
    """A finding of an earlier run; `path` and `line` say where it stood then."""

    code: str
    path: str
    line: int
    fingerprint: str


def render(findings: Sequence[Finding], root: Path) -> str:
    """The baseline that makes all of `findings` known."""
    marks = fingerprints(findings, root)
    entries = [
        {
            "code": finding.code,
            "path": finding.location.file,
            "line": finding.location.line,
            "fingerprint": mark,
        }
        for finding, mark in zip(findings, marks, strict=True)
    ]
    document = {"format": FORMAT, "kind": "baseline", "findings": entries}
    return json.dumps(document, indent=2) + "\n"


def read(text: str, name: str) -> tuple[Known, ...]:
    """What `render` wrote. Raises `BaselineError`, which calls the file `name`."""
    try:
        document: Any = json.loads(text)
        if document["kind"] != "baseline":
            raise KeyError("kind")
        if document["format"] != FORMAT:
            raise BaselineError(
                f"{name!r} is a baseline of format {document['format']}, and this version reads "
                f"format {FORMAT}; write it anew with --update-baseline."
            )
        return tuple(Known(**entry) for entry in document["findings"])
    except (ValueError, KeyError, TypeError) as error:
        raise BaselineError(
            f"{name!r} is no baseline; write one with --update-baseline."
        ) from error


def load(target: Target) -> tuple[Known, ...]:
    """The baseline in a file. Raises `BaselineError`."""
    try:
        return read(target.path.read_text(encoding="utf-8"), target.name)
    except FileNotFoundError:
        raise BaselineError(
            f"no such file: {target.name!r}; write the baseline with --update-baseline."
        ) from None
    except OSError as error:
        raise BaselineError(f"{target.name!r} cannot be read ({error.strerror}).") from error


def compare(report: Report, known: Sequence[Known], root: Path) -> Report:
    """The report without known findings; it tells how many these were and which are gone."""
    marks = fingerprints(report.findings, root)
    listed_marks = {entry.fingerprint for entry in known}
    new = [f for f, mark in zip(report.findings, marks, strict=True) if mark not in listed_marks]
    notes = []
    if hidden := len(report.findings) - len(new):
        notes.append(f"left out: {counted(hidden, 'finding')} that the baseline knows.")
    fixed = [entry for entry in known if entry.fingerprint not in marks]
    if fixed:
        places = listed(f"{entry.code} at {entry.path}:{entry.line}" for entry in fixed)
        notes.append(f"gone since the baseline: {places}; --update-baseline takes note of it.")
    return replace(report, findings=tuple(new), notes=(*report.notes, *notes))
