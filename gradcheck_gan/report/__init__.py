"""The formats of a report: each is a module with `render(report) -> str`."""

from __future__ import annotations

from pathlib import Path

from gradcheck_gan.finding import Report

SUFFIXES = {".txt": "text", ".json": "json"}
FORMATS = tuple(SUFFIXES.values())


def render(format_name: str, report: Report, root: Path | None = None) -> str:
    """The report in a format of `FORMATS`; `root` is where relative paths of it start."""
    from gradcheck_gan.report import json, text

    return json.render(report) if format_name == "json" else text.render(report, root=root)
