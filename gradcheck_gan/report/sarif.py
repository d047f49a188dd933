"""The report as SARIF 2.1.0, the format of code scanning services."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path, PurePath
from urllib.parse import quote

from gradcheck_gan.exits import unjudged
from gradcheck_gan.finding import Finding, Related, Report
from gradcheck_gan.report import explain
from gradcheck_gan.report.json import evidence_values
from gradcheck_gan.report.places import fingerprints, in_file, repository_path
from gradcheck_gan.report.sentences import cannot_judge
from gradcheck_gan.run import Location

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "gradcheckGan/v1"
Json = dict[str, object]


def render(report: Report, root: Path) -> str:
    """One SARIF log with one run; paths are URIs relative to the repository."""
    codes = sorted({finding.code for finding in report.findings})
    marks = fingerprints(report.findings, root)
    run: Json = {
        "tool": {"driver": _driver(report, codes)},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": [
            _result(finding, codes.index(finding.code), mark, root)
            for finding, mark in zip(report.findings, marks, strict=True)
        ],
    }
    log: Json = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, allow_nan=False) + "\n"


def _driver(report: Report, codes: Iterable[str]) -> Json:
    first = {finding.code: finding for finding in reversed(report.findings)}
    return {
        "name": report.tool.name,
        "version": report.tool.version,
        "rules": [_rule(first[code]) for code in codes],
    }


def _rule(finding: Finding) -> Json:
    page = explain.page(finding.code)
    summary = explain.summary(page) if page else finding.name
    rule: Json = {
        "id": finding.code,
        "name": finding.name,
        "shortDescription": {"text": finding.name},
        "fullDescription": {"text": summary},
        "defaultConfiguration": {"level": finding.severity},
        "properties": {"tags": ["correctness"]},
    }
    if page:
        rule["help"] = {"text": explain.render(page), "markdown": page}
    return rule


def _invocation(report: Report) -> Json:
    reason = unjudged(report)
    told = [*report.notes, *([cannot_judge(report, reason)] if reason else [])]
    level = "error" if reason else "note"
    return {
        "executionSuccessful": reason is None,
        "toolExecutionNotifications": [
            {"level": level if text == told[-1] else "note", "message": {"text": text}}
            for text in told
        ],
    }


def _result(finding: Finding, index: int, mark: str, root: Path) -> Json:
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": f"{finding.message}\n{finding.fix}"},
        "locations": [_location(finding.location, root)],
        "relatedLocations": [
            {"id": number, **_noted(related, root)}
            for number, related in enumerate(finding.related, start=1)
        ],
        "codeFlows": _flows(finding, root),
        "partialFingerprints": {FINGERPRINT: mark},
        "properties": {
            "player": finding.player,
            "fix": finding.fix,
            "evidence": evidence_values(finding.evidence),
            "rounds": [finding.first_round, finding.last_round],
            "count": finding.count,
        },
    }


def _flows(finding: Finding, root: Path) -> list[Json]:
    """The way of the fault through the program, the culprit first."""
    if not finding.related:
        return []
    culprit = Related(finding.location, finding.name)
    places = [{"location": _noted(place, root)} for place in (culprit, *finding.related)]
    return [{"threadFlows": [{"locations": places}]}]


def _noted(related: Related, root: Path) -> Json:
    return {**_location(related.location, root), "message": {"text": related.note}}


def _location(location: Location, root: Path) -> Json:
    place = in_file(location, root)
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    known = {key: value for key, value in region.items() if value is not None}
    artifact = {"uri": uri(repository_path(location, root))}
    found: Json = {"physicalLocation": {"artifactLocation": artifact, "region": known}}
    names = [{"name": location.function, "kind": "function"}] if location.function else []
    if location.cell is not None:
        names.append({"name": f"cell {location.cell}, line {location.line}", "kind": "module"})
    if names:
        found["logicalLocations"] = names
    return found


def uri(path: str) -> str:
    """A relative reference, or a file URI for a file outside the repository."""
    if PurePath(path).is_absolute():
        return PurePath(path).as_uri()
    return quote(path.encode("utf-8", "surrogatepass"))
