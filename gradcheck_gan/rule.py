"""What a rule is, and the claims that it makes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from gradcheck_gan.finding import Evidence, Finding, Related, Severity
from gradcheck_gan.run import Location

Subject = tuple[int, str]
"""A player's id and the site of a pass: what a claim is about."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`folds_under` names the codes whose claim on the same subject swallows this rule's."""

    code: str
    name: str
    severity: Severity
    summary: str
    default: bool = True
    folds_under: frozenset[str] = field(default_factory=frozenset)

    def claim(
        self,
        message: str,
        location: Location | None,
        fix: str,
        *,
        subjects: Iterable[Subject] = (),
        related: Iterable[tuple[Location | None, str]] = (),
        player: str | None = None,
        evidence: Evidence | None = None,
        rounds: Iterable[int] = (1,),
        severity: Severity | None = None,
        cause: str = "",
    ) -> Claim:
        """Make a claim; places that are not known are left out."""
        seen = sorted(rounds) or [1]
        places = dict.fromkeys(Related(place, note) for place, note in related if place is not None)
        place = location or Location("<unknown>", 1)
        return Claim(
            self,
            Finding(
                code=self.code,
                name=self.name,
                severity=severity or self.severity,
                message=_without_file(message, place),
                location=place,
                fix=_without_file(fix, place),
                related=tuple(places),
                player=player,
                evidence=evidence or {},
                first_round=seen[0],
                last_round=seen[-1],
                count=len(seen),
                cause=cause,
            ),
            frozenset(subjects),
        )


def _without_file(text: str, place: Location) -> str:
    """A line of the finding's own file needs no name of a file."""
    name = re.escape(PurePosixPath(place.path).name if place.cell is None else f"cell {place.cell}")
    return re.sub(rf"(line \d+) of {name}(?![\w-]|\.\w)", r"\1", text)


@dataclass(frozen=True, slots=True)
class Claim:
    rule: Rule
    finding: Finding
    subjects: frozenset[Subject]
