"""GG106: an optimizer steps parameters that required no gradient in the graph it steps on."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.severed import Severance
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.finding import Severity
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.rules._severed import claims
from gradcheck_gan.run import Freeze, Location

RULE = Rule(
    "GG106",
    "frozen-player",
    "error",
    "a player is stepped while all its parameters are frozen",
    folds_under=frozenset({"GG112", "GG204", "GG306", "GG401", "GG402"}),
)


def check(study: Study) -> Iterator[Claim]:
    yield from claims(study, RULE, _cause, _fix, place=_freezing, severity=_severity)


def _freezing(study: Study, severance: Severance) -> Location | None:
    """Where the parameters were last frozen before the pass."""
    places = [
        event.location
        for event in study.run.events
        if isinstance(event, Freeze)
        and event.parameter in severance.player.parameters
        and not event.requires_grad
        and event.order < severance.event.order
    ]
    if places:
        return places[-1]
    return None if severance.step is None else severance.step.location


def _cause(study: Study, severance: Severance) -> str:
    return "requires_grad was False for all of them when the loss was computed"


def _fix(study: Study, severance: Severance) -> str:
    name = severance.player.name
    return (
        f"Call {name}.requires_grad_(True) before {name} runs for its own loss; if it is frozen on "
        "purpose for a while, do not step its optimizer meanwhile."
    )


def _severity(study: Study, severance: Severance) -> Severity | None:
    # A short run cannot tell a warm-up of the other player from a forgotten unfreezing.
    return None if study.is_complete else "warning"
