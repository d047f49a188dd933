"""Claims folded into findings: one fault, one finding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gradcheck_gan.finding import SEVERITIES, Finding
from gradcheck_gan.rule import Claim


def fold(claims: list[Claim]) -> list[Claim]:
    """One fault, one finding: a claim whose subject a stronger rule explains is dropped."""
    kept = []
    for claim in claims:
        stronger = (
            other
            for other in claims
            if other.rule.code in claim.rule.folds_under and other.subjects & claim.subjects
        )
        if not any(stronger) and not _is_beside_an_error(claim, claims):
            kept.append(claim)
    return kept


def _is_beside_an_error(claim: Claim, claims: list[Claim]) -> bool:
    """A warning at the very place of an error tells of the same fault."""
    return claim.finding.severity != "error" and any(
        other.finding.severity == "error"
        and other.rule.code != claim.rule.code
        and other.finding.location == claim.finding.location
        for other in claims
    )


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """Findings of the same code at the same place are one, seen several times."""
    merged: dict[tuple[str, object], Finding] = {}
    for finding in findings:
        key = (finding.code, finding.location)
        known = merged.get(key)
        if known is None:
            merged[key] = finding
        else:
            merged[key] = replace(
                known,
                severity=min(known.severity, finding.severity, key=SEVERITIES.index),
                first_round=min(known.first_round, finding.first_round),
                last_round=max(known.last_round, finding.last_round),
                count=known.count + finding.count,
                related=known.related
                + tuple(place for place in finding.related if place not in known.related),
            )
    return list(merged.values())
