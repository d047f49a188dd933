"""Sentences about how a script ended and why it could not be judged."""

from __future__ import annotations

from gradcheck_gan.exits import Unjudged, unjudged
from gradcheck_gan.finding import SEVERITIES, Evidence, Report
from gradcheck_gan.run import Outcome
from gradcheck_gan.words import counted, listed


def extent(outcome: Outcome) -> str:
    return f"{counted(outcome.rounds, 'round')}, {counted(outcome.steps, 'step')}"


def verdict(report: Report) -> str:
    """The whole report in one sentence."""
    if report.findings:
        counts = {
            severity: sum(finding.severity == severity for finding in report.findings)
            for severity in SEVERITIES
        }
        found = ", ".join(counted(number, name) for name, number in counts.items() if number)
        return f"{found} in {report.target} ({extent(report.outcome)})"
    if reason := unjudged(report):
        return f"Could not be judged: {cannot_judge(report, reason)}"
    names = tuple(player.name for player in report.players)
    watched = f"; watched {listed(names)}" if names else ""
    return f"No fault found in {report.target} ({extent(report.outcome)}{watched})"


def ending(target: str, outcome: Outcome) -> str:
    """How the script ended, in one sentence."""
    if outcome.status == "interrupted":
        return f"{target} was interrupted after {extent(outcome)}."
    if outcome.refused is not None:
        return f"{target} was stopped after {extent(outcome)}."
    if outcome.stopped_by is not None:
        return _stop(target, outcome)
    if outcome.exception is not None or outcome.script_exit:
        return f"{target} {_failure(outcome)}."
    return f"{target} ran to its end."


def measured(evidence: Evidence) -> str:
    """The numbers of a finding, in words."""
    known = {key: value for key, value in evidence.items() if value is not None}
    return ", ".join(f"{key.replace('_', ' ')}: {_value(value)}" for key, value in known.items())


def _value(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def cannot_judge(report: Report, reason: Unjudged) -> str:
    """What was seen instead of a training that can be judged, and what to do next."""
    target, outcome = report.target, report.outcome
    if reason == "broken":
        return (
            "a part of gradcheck-gan itself failed (see the note), so that more may be wrong than "
            "is said; please report it with the traceback that GRADCHECK_GAN_DEBUG=1 shows."
        )
    if reason == "refused":
        return outcome.refused or ""
    if reason == "failed":
        return _failed(target, outcome)
    if outcome.skipped and not outcome.steps:
        return (
            f"{target} ended within the {counted(outcome.skipped, 'step')} that --start-after "
            "skipped; lower it, or let the script train for longer."
        )
    if reason == "timeout":
        return (
            f"the time ran out before one round closed{_waiting(outcome)}; "
            "raise --timeout, or let the script train on less."
        )
    if reason == "no-pass":
        return (
            f"no backward pass ran before {target} ended; "
            "pass the arguments that make it train, or name the script that holds the loop."
        )
    return _no_step(report) if reason == "no-step" else _one_player(report)


def _no_step(report: Report) -> str:
    if all(entry.kind == "grad" for entry in report.flow):
        return (
            "gradients were only asked for (autograd.grad, torch.func.grad) and applied by hand, "
            "where nobody can tell which loss trains whom; call backward(), or write them into "
            ".grad and let an optimizer step."
        )
    if report.outcome.overflowed:
        return (
            f"each of {counted(report.outcome.overflowed, 'step')} was skipped by a gradient "
            "scaler, which met Inf or NaN; lower its init_scale, or look for what overflows."
        )
    return (
        f"{counted(_passes(report), 'backward pass')} ran but no torch optimizer stepped; "
        "inspect a script that trains with torch.optim."
    )


def _one_player(report: Report) -> str:
    names = tuple(player.name for player in report.players)
    seen = f"only one player was found, {names[0]}" if names else "no player was found"
    return (
        f"{seen}, and a GAN has two that are fed by one another; inspect the script that "
        "trains both, or skip what comes before with --start-after N."
    )


def _failed(target: str, outcome: Outcome) -> str:
    after = f"after {extent(outcome)}" if outcome.steps else "before any optimizer stepped"
    return (
        f"{target} {_failure(outcome)} {after}, and no finding explains it; "
        "make it run by itself first, then inspect it again."
    )


def _failure(outcome: Outcome) -> str:
    if outcome.exception is None:
        return f"ended with exit status {outcome.script_exit}"
    return f"failed with {_first_line(outcome.exception)}"


def _stop(target: str, outcome: Outcome) -> str:
    reached = {
        "rounds": f"{target} was stopped after {extent(outcome)}; raise --rounds to watch more.",
        "max-steps": f"{target} was stopped by --max-steps after {extent(outcome)}"
        f"{_waiting(outcome)}; raise --max-steps to watch more.",
        "timeout": f"{target} was stopped by --timeout after {extent(outcome)}"
        f"{_waiting(outcome)}; raise --timeout to watch more.",
    }
    return reached[outcome.stopped_by or "rounds"]


def _waiting(outcome: Outcome) -> str:
    return f", waiting for {listed(outcome.waited_for)} to step" if outcome.waited_for else ""


def _passes(report: Report) -> int:
    return sum(entry.count for entry in report.flow if entry.kind == "backward") or len(report.flow)


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0].rstrip(".")
