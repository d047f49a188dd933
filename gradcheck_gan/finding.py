"""Findings and the report that holds them; every output format renders these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gradcheck_gan.run import Location, Outcome

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
Evidence = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that belongs to a finding, and what happened there."""

    location: Location
    note: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: where it is, what was measured, and what to change.

    `message` is one sentence of measured fact; the remedy lives in `fix`. `cause` is the part of it
    that says why, where that can be told apart. `related` is in the order of events. `first_round`,
    `last_round` and `count` tell where in the run it was seen.
    """

    code: str
    name: str
    severity: Severity
    message: str
    location: Location
    fix: str
    related: tuple[Related, ...] = ()
    player: str | None = None
    evidence: Evidence = field(default_factory=dict)
    first_round: int = 1
    last_round: int = 1
    count: int = 1
    cause: str = ""

    @property
    def places(self) -> tuple[Location, ...]:
        return (self.location, *(one.location for one in self.related))


@dataclass(frozen=True, slots=True)
class PlayerSummary:
    """`found` says in words how the player was discovered."""

    name: str
    role: Literal["generator", "discriminator", "other"]
    parameters: int
    optimizers: tuple[str, ...]
    found: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """Parameters of one player, counted by what a pass deposited in them.

    `flows` got a gradient, `zero` an all-zero one, `cut` none although the loss was computed from
    them, `none` none for any other reason.
    """

    flows: int = 0
    zero: int = 0
    none: int = 0
    cut: int = 0


@dataclass(frozen=True, slots=True)
class TermFlow:
    """One additive term of a loss; its reach counts parameters with an unbroken path to it.

    Terms of the same place that reach the same parameters are counted.
    """

    location: Location
    reach: Mapping[str, Reach]
    count: int = 1


@dataclass(frozen=True, slots=True)
class PassFlow:
    """One line of the flow matrix: passes of the same site in the same round are counted."""

    kind: Literal["backward", "grad"]
    round: int
    location: Location
    belongs_to: tuple[str, ...]
    reach: Mapping[str, Reach]
    terms: tuple[TermFlow, ...] = ()
    count: int = 1


MomentKind = Literal["forward", "backward", "grad", "clear", "step"]
ArrowKind = Literal["own", "foreign", "missing"]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to a player; `note` says what, in words."""

    kind: MomentKind
    order: int
    round: int
    player: str
    location: Location | None
    note: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """A deposit on its way from a pass to the step that consumed it; indices of moments.

    `foreign` deposits belong to the adversary; `missing` ones never came, though the pass was the
    player's own and its step found nothing.
    """

    source: int
    target: int
    kind: ArrowKind


@dataclass(frozen=True, slots=True)
class Timeline:
    """The first rounds in order; `left_out` counts repetitions that are not shown."""

    moments: tuple[Moment, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    version: str
    torch: str | None
    python: str


@dataclass(frozen=True, slots=True)
class Report:
    tool: Tool
    target: str
    outcome: Outcome
    players: tuple[PlayerSummary, ...] = ()
    flow: tuple[PassFlow, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    timeline: Timeline = field(default_factory=Timeline)
