"""The report as JUnit XML: a test case per finding."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from gradcheck_gan.exits import unjudged
from gradcheck_gan.finding import Finding, Report
from gradcheck_gan.report.excerpt import excerpt
from gradcheck_gan.report.sentences import cannot_judge, verdict

_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report, root: Path) -> str:
    """Errors are failures; warnings and notes pass and tell what they found in their output.

    A run that could not be judged is an error; one without findings is a single passed test.
    """
    suite = ET.Element("testsuite", name=report.tool.name)
    for finding in report.findings:
        _case(suite, finding, root)
    if reason := unjudged(report):
        case = _named(suite, report.target, "could be judged")
        _told(case, "error", cannot_judge(report, reason), reason, "")
    elif not report.findings:
        _named(suite, report.target, verdict(report))
    suite.set("tests", str(len(suite)))
    for kind in ("failure", "error"):
        suite.set(f"{kind}s", str(len(suite.findall(f"testcase/{kind}"))))
    top = ET.Element("testsuites")
    top.append(suite)
    ET.indent(top)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(top, "unicode")}\n'


def _case(suite: ET.Element, finding: Finding, root: Path) -> None:
    place = finding.location
    name = f"{finding.code} {finding.name} at {place}"
    case = _named(suite, place.file, name)
    case.set("file", _clean(place.path))
    case.set("line", str(place.line))
    lines = [line.text for line in excerpt(place, root)]
    related = [f"{other.location}: {other.note}" for other in finding.related]
    text = "\n".join((*lines, *related, f"fix: {finding.fix}"))
    if finding.severity == "error":
        _told(case, "failure", finding.message, finding.code, text)
    else:
        output = ET.SubElement(case, "system-out")
        output.text = _clean(f"{finding.severity}: {finding.message}\n{text}")


def _named(suite: ET.Element, class_name: str, name: str) -> ET.Element:
    return ET.SubElement(
        suite, "testcase", classname=_clean(class_name), name=_clean(name), time="0"
    )


def _told(case: ET.Element, kind: str, message: str, type_name: str, text: str) -> None:
    told = ET.SubElement(case, kind, message=_clean(message), type=type_name)
    told.text = _clean(text)


def _clean(text: str) -> str:
    """XML has no way to write these characters at all."""
    return _FORBIDDEN.sub("\ufffd", text)
