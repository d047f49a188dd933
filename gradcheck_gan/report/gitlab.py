"""The report as a GitLab code quality report."""

from __future__ import annotations

import json
from pathlib import Path

from gradcheck_gan.finding import Report
from gradcheck_gan.report.places import fingerprints, in_file, repository_path

SEVERITIES = {"error": "critical", "warning": "minor", "note": "info"}


def render(report: Report, root: Path) -> str:
    """A JSON array with one object per finding."""
    marks = fingerprints(report.findings, root)
    places = [in_file(finding.location, root) for finding in report.findings]
    issues = [
        {
            "description": f"{finding.code} {finding.name}: {finding.message}",
            "check_name": finding.code,
            "fingerprint": mark,
            "severity": SEVERITIES[finding.severity],
            "location": {
                "path": repository_path(finding.location, root),
                "lines": {
                    "begin": place.line,
                    "end": place.end_line or place.line,
                },
            },
        }
        for finding, place, mark in zip(report.findings, places, marks, strict=True)
    ]
    return json.dumps(issues, indent=2) + "\n"
