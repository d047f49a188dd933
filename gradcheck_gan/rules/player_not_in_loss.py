"""GG109: nothing in the loss was computed from the player that steps on it."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.severed import Severance
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.rules._severed import claims
from gradcheck_gan.run import Location, Optimizer

RULE = Rule(
    "GG109",
    "player-not-in-loss",
    "error",
    "a player steps on a loss that was not computed from it at all",
    folds_under=frozenset({"GG112", "GG204", "GG306"}),
)


def check(study: Study) -> Iterator[Claim]:
    yield from claims(study, RULE, _cause, _fix, place=_place)


def _place(study: Study, severance: Severance) -> Location | None:
    """The call of another player in this loss: it was given the wrong input."""
    if _is_unused(study, severance):
        return _holder(study, severance).made
    entries = [entry for e in severance.events for entry in study.meetings.in_pass(e)]
    fed = [e for e in entries if severance.player.id in study.meetings.fed_by[e.player]]
    for entry in fed or entries:
        if entry.location is not None:
            return entry.location
    roots = [study.run.values.get(root) for root in severance.event.roots]
    return next((root.location for root in roots if root is not None), None)


def _is_unused(study: Study, severance: Severance) -> bool:
    """No loss of the whole run reads a parameter of it: perhaps an old copy of a module."""
    called = [module.parameters for module in study.run.modules.values() if module.called]
    return all(severance.player.parameters.isdisjoint(each) for each in called) and not any(
        value.kind == "parameter" and value.parameter in severance.player.parameters
        for value in study.run.values.values()
    )


def _holder(study: Study, severance: Severance) -> Optimizer:
    return study.run.optimizers[severance.player.optimizers[0]]


def _cause(study: Study, severance: Severance) -> str:
    if _is_unused(study, severance):
        held = _holder(study, severance)
        return f"no loss of the run was computed from anything that {held.name} holds"
    return "no recorded operation leads from it into that loss"


def _fix(study: Study, severance: Severance) -> str:
    name = severance.player.name
    if _is_unused(study, severance):
        held = _holder(study, severance)
        return (
            f"Make {held.name} from the parameters of the module that the loss is computed with, "
            "after that module has been built, loaded or replaced for the last time."
        )
    return (
        f"Compute this loss from the output of {name} of this step (its fakes, not the real data "
        f"or samples of an earlier step), or step another optimizer on it."
    )
