"""The JSON report: exactly the keys and types of the contract."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from gradcheck_gan.finding import (
    Finding,
    PassFlow,
    PlayerSummary,
    Reach,
    Related,
    Report,
    TermFlow,
    Tool,
)
from gradcheck_gan.report.json import render
from gradcheck_gan.report.sentences import cannot_judge
from gradcheck_gan.run import Location, Outcome

CALL = Location("models/gän.py", 31, 12, 31, 25, "train_step")
BARE = Location("/opt/losses.py", 4)
REPORT = Report(
    Tool("gradcheck-gan", "0.1.0", "2.13.0", "3.11.7"),
    "train.py",
    Outcome("timeout", None, None, 1, 9, "timeout", ("optD",)),
    (PlayerSummary("netG", "generator", 12, ("optG", "optE"), "its output feeds netD"),),
    (
        PassFlow(
            "grad",
            2,
            CALL,
            ("netG",),
            {"netG": Reach(1, 2, 3, 4)},
            (TermFlow(BARE, {"netG": Reach(cut=12)}),),
            5,
        ),
    ),
    (
        Finding(
            "GG107",
            "vanished-gradient",
            "warning",
            "12 of 12 parameters got NaN",
            CALL,
            "use the logits",
            (Related(BARE, "made here"),),
            "netG",
            {"largest": float("nan"), "least": float("-inf"), "parameters": 12, "dense": True},
            1,
            2,
            4,
        ),
    ),
    ("a note",),
)


def rendered() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render(REPORT))
    return document


def test_head_is_the_contract() -> None:
    document = rendered()
    assert list(document) == [
        "format",
        "kind",
        "tool",
        "target",
        "outcome",
        "players",
        "flow",
        "findings",
        "notes",
        "unjudged",
    ]
    assert document["format"] == 1
    assert document["kind"] == "report"
    assert document["target"] == "train.py"
    assert document["tool"] == {
        "name": "gradcheck-gan",
        "version": "0.1.0",
        "torch": "2.13.0",
        "python": "3.11.7",
    }
    assert document["outcome"] == {
        "status": "timeout",
        "exception": None,
        "script_exit": None,
        "rounds": 1,
        "steps": 9,
        "stopped_by": "timeout",
        "skipped": 0,
        "overflowed": 0,
    }


def test_what_the_text_says_beside_the_findings_is_there() -> None:
    assert (rendered()["notes"], rendered()["unjudged"]) == (["a note"], None)
    failed = replace(REPORT, findings=(), outcome=replace(REPORT.outcome, rounds=0))
    assert json.loads(render(failed))["unjudged"] == cannot_judge(failed, "timeout")


def test_players_and_flow_are_the_contract() -> None:
    document = rendered()
    assert document["players"] == [
        {"name": "netG", "role": "generator", "parameters": 12, "optimizers": ["optG", "optE"]}
    ]
    (entry,) = document["flow"]
    term = {"netG": {"flows": 0, "zero": 0, "none": 0, "cut": 12}}
    assert entry == {
        "kind": "grad",
        "round": 2,
        "location": location(CALL),
        "belongs_to": ["netG"],
        "reach": {"netG": {"flows": 1, "zero": 2, "none": 3, "cut": 4}},
        "terms": [{"location": location(BARE), "reach": term, "count": 1}],
        "count": 5,
    }


def test_finding_is_the_contract() -> None:
    (finding,) = rendered()["findings"]
    evidence = finding.pop("evidence")
    assert finding == {
        "code": "GG107",
        "name": "vanished-gradient",
        "severity": "warning",
        "message": "12 of 12 parameters got NaN",
        "location": location(CALL),
        "related": [{"location": location(BARE), "note": "made here"}],
        "player": "netG",
        "fix": "use the logits",
        "first_round": 1,
        "last_round": 2,
        "count": 4,
    }
    assert evidence == {"largest": "nan", "least": "-inf", "parameters": 12, "dense": True}


def test_strict_readers_can_read_it() -> None:
    text = render(REPORT)
    assert text.isascii()
    assert text.endswith("}\n")

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(text, parse_constant=refuse)


def location(place: Location) -> dict[str, object]:
    return {
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "function": place.function,
        "cell": place.cell,
    }
