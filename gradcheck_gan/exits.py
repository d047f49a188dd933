"""The exit status of an inspection, and why a run could not be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gradcheck_gan.finding import Report
    from gradcheck_gan.run import Outcome

CLEAN = 0
FOUND = 1
FAILED = 2
INTERRUPTED = 130

FailOn = Literal["error", "warning", "note", "never"]
Unjudged = Literal["broken", "refused", "failed", "timeout", "no-pass", "no-step", "one-player"]


def exit_status(report: Report, fail_on: FailOn = "error") -> int:
    """The first of the contract's conditions that applies to a checked run."""
    if report.outcome.status == "interrupted":
        return INTERRUPTED
    if unjudged(report) == "broken":
        return FAILED
    if _reaches(report, fail_on):
        return FOUND
    return FAILED if unjudged(report) else CLEAN


def unjudged(report: Report) -> Unjudged | None:
    """What kept the run from being judged; a proven error explains why a script failed.

    `broken`: a part of this tool went wrong, so that nobody knows what else there is.
    """
    from gradcheck_gan.words import is_own_failure  # not before there is a report

    outcome = report.outcome
    if outcome.refused is not None:
        return "refused"
    if any(map(is_own_failure, report.notes)):
        return "broken"
    proven = any(finding.severity == "error" for finding in report.findings)
    if script_failed(outcome):
        return None if proven else "failed"
    if outcome.status == "timeout" and outcome.rounds == 0:
        return "timeout"
    if outcome.steps == outcome.overflowed:
        return "no-step" if report.flow else "no-pass"
    if len(report.players) < 2 and not report.findings:
        return "one-player"
    return None


def script_failed(outcome: Outcome) -> bool:
    """Whether the script itself went wrong; after our own stop its status says nothing."""
    return outcome.status == "crashed" or (
        outcome.status in ("complete", "nothing-to-inspect") and bool(outcome.script_exit)
    )


def _reaches(report: Report, fail_on: FailOn) -> bool:
    if fail_on == "never":
        return False
    from gradcheck_gan.finding import SEVERITIES

    counted = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return any(finding.severity in counted for finding in report.findings)
