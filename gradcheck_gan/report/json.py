"""The report as JSON: the keys of the contract, for other programs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from gradcheck_gan.exits import unjudged
from gradcheck_gan.finding import Evidence, Finding, PassFlow, PlayerSummary, Reach, Report
from gradcheck_gan.report.sentences import cannot_judge
from gradcheck_gan.run import Location, Outcome

FORMAT = 1
Json = dict[str, object]


def render(report: Report, _root: Path | None = None) -> str:
    """One JSON object, in ASCII, with a newline at its end."""
    reason = unjudged(report)
    document: Json = {
        "format": FORMAT,
        "kind": "report",
        "tool": asdict(report.tool),
        "target": report.target,
        "outcome": _outcome(report.outcome),
        "players": [_player(player) for player in report.players],
        "flow": [_pass(entry) for entry in report.flow],
        "findings": [_finding(finding) for finding in report.findings],
        "notes": list(report.notes),
        "unjudged": None if reason is None else cannot_judge(report, reason),
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _outcome(outcome: Outcome) -> Json:
    return {
        "status": outcome.status,
        "exception": outcome.exception,
        "script_exit": outcome.script_exit,
        "rounds": outcome.rounds,
        "steps": outcome.steps,
        "stopped_by": outcome.stopped_by,
        "skipped": outcome.skipped,
        "overflowed": outcome.overflowed,
    }


def _player(player: PlayerSummary) -> Json:
    return {
        "name": player.name,
        "role": player.role,
        "parameters": player.parameters,
        "optimizers": list(player.optimizers),
    }


def _pass(entry: PassFlow) -> Json:
    return {
        "kind": entry.kind,
        "round": entry.round,
        "location": _location(entry.location),
        "belongs_to": list(entry.belongs_to),
        "reach": _reach(entry.reach),
        "terms": [
            {
                "location": _location(term.location),
                "reach": _reach(term.reach),
                "count": term.count,
            }
            for term in entry.terms
        ],
        "count": entry.count,
    }


def _reach(reach: Mapping[str, Reach]) -> Json:
    return {player: asdict(counts) for player, counts in reach.items()}


def _finding(finding: Finding) -> Json:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        "location": _location(finding.location),
        "related": [
            {"location": _location(related.location), "note": related.note}
            for related in finding.related
        ],
        "player": finding.player,
        "fix": finding.fix,
        "evidence": evidence_values(finding.evidence),
        "first_round": finding.first_round,
        "last_round": finding.last_round,
        "count": finding.count,
    }


def _location(location: Location) -> Json:
    return asdict(location)


def evidence_values(evidence: Evidence) -> Json:
    """Evidence as JSON can carry it."""
    # JSON has no NaN and no infinity, and a strict reader refuses a file that holds them.
    return {
        key: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in evidence.items()
    }
