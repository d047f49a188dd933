"""Rules over a run: claims, folded, selected and sorted into a report."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from gradcheck_gan import rules
from gradcheck_gan.analysis.matrix import flow_matrix
from gradcheck_gan.analysis.parting import parted
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.scaling import withheld
from gradcheck_gan.analysis.study import Role, Study
from gradcheck_gan.analysis.timeline import timeline
from gradcheck_gan.analysis.unjudged import unjudged
from gradcheck_gan.finding import (
    SEVERITIES,
    Finding,
    PlayerSummary,
    Report,
    Severity,
    Timeline,
    Tool,
)
from gradcheck_gan.folding import fold, merge
from gradcheck_gan.garbage import uncollected
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Run
from gradcheck_gan.words import listed, own_failure

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """All but the names, which are as on the command line, go by codes or prefixes of codes.

    `roles` gives a role to whoever holds any of these parameters.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    generator: tuple[str, ...] = ()
    discriminator: tuple[str, ...] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict)
    roles: tuple[tuple[Role, frozenset[int]], ...] = ()


class NoMatchError(Exception):
    """A name given for a player fits none; the message lists the candidates."""


def all_rules() -> tuple[Rule, ...]:
    return tuple(module.RULE for module in rules.modules())


def check(run: Run, options: CheckOptions = CheckOptions()) -> Report:
    """What the chosen rules find in a run. Raises `NoMatchError`."""
    return narrowed(judge(run, options), options)


def judge(run: Run, options: CheckOptions = CheckOptions()) -> Report:
    """What all rules find; of the options only the names of players count."""
    with uncollected():
        return _judged(run, options)


def _judged(run: Run, options: CheckOptions) -> Report:
    study = Study(run)
    return judge_study(replace(study, named=_named(study, options)))


def judge_study(study: Study) -> Report:
    run = study.run
    attempt = _Attempts()
    claims = _claims(study, attempt)
    findings = merge(claim.finding for claim in fold(claims))
    nothing: tuple[str, ...] = ()
    unsaid = attempt("the notes", lambda: (*unjudged(study), *parted(study)), nothing)
    return Report(
        tool=_tool(),
        target=run.target,
        outcome=run.outcome,
        players=tuple(_summary(study, player) for player in study.players),
        flow=attempt("the flow matrix", partial(flow_matrix, study), ()),
        findings=tuple(sorted(findings, key=_importance)),
        timeline=attempt("the timeline", partial(timeline, study), Timeline()),
        notes=(*run.notes, *unsaid, *withheld(study), *attempt.notes),
    )


def narrowed(report: Report, options: CheckOptions) -> Report:
    """The findings of the chosen rules, as severe as was asked for."""
    chosen = codes_in_use(options)
    findings = (_graded(f, options) for f in report.findings if f.code in chosen)
    return replace(report, findings=tuple(sorted(findings, key=_importance)))


def codes_in_use(options: CheckOptions) -> frozenset[str]:
    """Codes of the rules whose findings are reported; one that is off must be selected."""

    def is_chosen(rule: Rule) -> bool:
        if any(rule.code.startswith(code) for code in options.ignore):
            return False
        if not options.select:
            return rule.default
        return any(rule.code.startswith(code) for code in options.select)

    return frozenset(rule.code for rule in all_rules() if is_chosen(rule))


def _claims(study: Study, attempt: _Attempts) -> list[Claim]:
    """Run every rule by itself: one that raises loses its own claims only."""
    claims: list[Claim] = []
    if study.run.outcome.refused is not None:
        return claims
    for module in rules.modules():
        nothing: list[Claim] = []
        claims += attempt(f"rule {module.RULE.code}", partial(_all, module.check, study), nothing)
    return claims


def _all(check: Callable[[Study], Iterable[Claim]], study: Study) -> list[Claim]:
    return list(check(study))


class _Attempts:
    """Parts of a report, each by itself; `notes` say which of them went wrong."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def __call__(self, name: str, make: Callable[[], T], otherwise: T) -> T:
        try:
            return make()
        except Exception as error:
            if os.environ.get("GRADCHECK_GAN_DEBUG"):
                traceback.print_exception(error, file=sys.__stderr__)
            self.notes.append(own_failure(name, error))
            return otherwise


def _graded(finding: Finding, options: CheckOptions) -> Finding:
    """With the severity that was asked for: of several prefixes the longest counts."""
    fitting = [code for code in options.severities if finding.code.startswith(code)]
    if not fitting:
        return finding
    return replace(finding, severity=options.severities[max(fitting, key=len)])


def _importance(finding: Finding) -> tuple[int, str, int, int, str]:
    place = finding.location
    return SEVERITIES.index(finding.severity), place.path, place.cell or 0, place.line, finding.code


def _summary(study: Study, player: Player) -> PlayerSummary:
    held = tuple(study.run.optimizers[identity].name for identity in player.optimizers)
    return PlayerSummary(
        player.name, study.role(player), len(player.parameters), held, _how_found(study, player)
    )


def _how_found(study: Study, player: Player) -> str:
    """In words: what the player is, whom it feeds and what it sees."""
    fed = [
        other.name
        for other in study.players
        if player.id in study.meetings.fed_by[other.id] and other.id != player.id
    ]
    makers = [
        maker.name
        for maker in study.players
        if maker.id in study.meetings.fed_by[player.id]
        and study.meetings.is_nominated(maker.id, player.id)
    ]
    parts = [player.found]
    if fed:
        parts.append(f"its output enters {listed(fed)}")
    if makers:
        parts.append(f"sees the output of {listed(makers)} and other values")
    return "; ".join(parts)


def _named(study: Study, options: CheckOptions) -> tuple[tuple[int, Role], ...]:
    named: list[tuple[int, Role]] = []
    wanted: list[tuple[Role, tuple[str, ...]]] = [
        ("generator", options.generator),
        ("discriminator", options.discriminator),
    ]
    for role, names in wanted:
        for name in names:
            found = [player for player in study.players if _is_called(study, player, name)]
            if not found:
                candidates = ", ".join(player.name for player in study.players) or "none"
                raise NoMatchError(
                    f"no player is called '{name}', as --{role} says; the players found are: "
                    f"{candidates}"
                )
            named.extend((player.id, role) for player in found)
    for role, some in options.roles:
        named.extend((player.id, role) for player in study.players if player.parameters & some)
    return tuple(named)


def _is_called(study: Study, player: Player, name: str) -> bool:
    held = (study.run.optimizers[identity] for identity in player.optimizers)
    names = {player.name, player.class_name, player.name.rpartition(".")[2]}
    return name in names or any(optimizer.name == name for optimizer in held)


def _tool() -> Tool:
    import platform
    from importlib import metadata

    from gradcheck_gan import __version__

    try:
        torch_version: str | None = metadata.version("torch")
    except metadata.PackageNotFoundError:
        torch_version = None
    return Tool("gradcheck-gan", __version__, torch_version, platform.python_version())
