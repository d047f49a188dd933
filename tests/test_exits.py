"""The exit status table of the contract, one row a case."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gradcheck_gan.exits import FailOn, exit_status, unjudged
from gradcheck_gan.finding import Finding, PassFlow, PlayerSummary, Reach, Report, Severity, Tool
from gradcheck_gan.run import Location, Outcome

HERE = Location("train.py", 3)
PLAYERS = (
    PlayerSummary("netG", "generator", 4, ("optG",)),
    PlayerSummary("netD", "discriminator", 4, ("optD",)),
)
FLOW = (PassFlow("backward", 1, HERE, ("netD",), {"netD": Reach(flows=4)}),)


STOPPED = Outcome("stopped", None, None, 2, 4, "rounds")
CRASHED = Outcome("crashed", "KeyError: 1", 1, 2, 4)


def outcome(**changed: Any) -> Outcome:
    return replace(STOPPED, **changed)


def crashed(**changed: Any) -> Outcome:
    return replace(CRASHED, **changed)


def report(ended: Outcome, *severities: Severity, **changed: Any) -> Report:
    findings = tuple(Finding("GG101", "a", level, "m", HERE, "f") for level in severities)
    whole = Report(
        Tool("gradcheck-gan", "0", None, "3"), "train.py", ended, PLAYERS, FLOW, findings
    )
    return replace(whole, **changed)


@pytest.mark.parametrize(
    ("fail_on", "severity", "status"),
    [
        ("error", "error", 1),
        ("error", "warning", 0),
        ("error", "note", 0),
        ("warning", "error", 1),
        ("warning", "warning", 1),
        ("warning", "note", 0),
        ("note", "note", 1),
        ("never", "error", 0),
    ],
)
def test_finding_counts_from_fail_on_upwards(
    fail_on: FailOn, severity: Severity, status: int
) -> None:
    assert exit_status(report(outcome(), severity), fail_on) == status


def test_clean_run_is_0() -> None:
    assert exit_status(report(outcome())) == 0


def test_interrupted_comes_before_findings() -> None:
    assert exit_status(report(outcome(status="interrupted", stopped_by=None), "error")) == 130


def test_finding_counts_however_the_script_ended() -> None:
    assert exit_status(report(crashed(), "error")) == 1
    assert exit_status(report(crashed(steps=0), "warning"), "warning") == 1
    assert exit_status(report(outcome(status="timeout", rounds=0), "error")) == 1


def test_failure_without_explanation_is_2() -> None:
    assert exit_status(report(crashed())) == 2
    assert exit_status(report(crashed(), "warning")) == 2
    ended = outcome(status="complete", stopped_by=None, script_exit=3)
    assert exit_status(report(ended)) == 2


def test_failure_that_a_proven_error_explains_is_judged() -> None:
    assert exit_status(report(crashed(), "error"), "never") == 0


def test_what_the_script_does_after_our_stop_is_no_failure() -> None:
    assert exit_status(report(outcome(script_exit=1))) == 0


def test_no_optimizer_ever_stepped_is_2() -> None:
    ended = outcome(status="nothing-to-inspect", rounds=0, steps=0, stopped_by=None, script_exit=0)
    assert exit_status(report(ended)) == 2
    assert unjudged(report(ended)) == "no-step"
    assert unjudged(report(ended, flow=())) == "no-pass"


def test_timeout_is_2_only_before_a_round_closed() -> None:
    assert exit_status(report(outcome(status="timeout", stopped_by="timeout", rounds=0))) == 2
    assert exit_status(report(outcome(status="timeout", stopped_by="timeout", rounds=1))) == 0


def test_one_player_is_2_unless_something_was_found() -> None:
    assert exit_status(report(outcome(), players=PLAYERS[:1])) == 2
    assert exit_status(report(outcome(), "warning", players=PLAYERS[:1])) == 0
