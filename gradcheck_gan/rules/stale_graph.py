"""GG303: backward through a graph whose saved values a step or another write has changed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from gradcheck_gan.analysis.staleness import Stale, stale_passes, stopped_by
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.rules._stale import fix_of, forward_of, name_of, what_changed
from gradcheck_gan.run import Backward, Location, Write
from gradcheck_gan.words import counted

RULE = Rule(
    "GG303",
    "stale-graph",
    "error",
    "a backward pass needs values of its forward pass that were changed or freed since",
    folds_under=frozenset({"GG112"}),
)


def check(study: Study) -> Iterator[Claim]:
    for stale in stale_passes(study):
        event = stale.event
        yield RULE.claim(
            f"the backward pass at {at(event.location)} {_fact(study, stale)}",
            event.location,
            fix_of(study, stale),
            subjects=product(study.player_by_id, stopped_by(study, event)),
            related=_related(study, stale),
            player=None if stale.player is None else stale.player.name,
            evidence={
                "kind": stale.kind,
                "crashed": stale.crashed,
                "parameters_changed": len(stale.parameters),
            },
            rounds=[event.round],
            severity="note" if isinstance(stale.cause, Write) and not stale.crashed else None,
        )


def _fact(study: Study, stale: Stale) -> str:
    ran, cause = at(forward_of(study, stale)), stale.cause
    if stale.kind == "freed":
        return (
            f"goes a second time through what {name_of(study, stale)} computed at {ran}, which the "
            f"backward pass at {at(cause.location)} has freed; torch refused to run it"
        )
    if stale.kind == "overwritten":
        return (
            f"needs the numbers that `{stale.reader.name}` at {at(stale.reader.location)} kept, "
            f"but the write in place at {at(cause.location)} has changed them since, for they "
            "share their memory with what was written; torch refused to run it"
        )
    outcome = "torch refused to run it"
    if not stale.crashed:
        outcome = "torch does not notice, so it ran and its gradients are wrong"
    held = len(stale.player.parameters) if stale.player else len(stale.parameters)
    needed = f"{len(stale.parameters)} of {counted(held, 'parameter')}"
    return (
        f"needs {needed} of {name_of(study, stale)} as they were at {ran}, but the "
        f"{what_changed(stale)} at {at(cause.location)} changed them since; {outcome}"
    )


def _related(study: Study, stale: Stale) -> list[tuple[Location | None, str]]:
    name, cause = name_of(study, stale), stale.cause
    happened = f"this {what_changed(stale)} changed what was kept"
    if stale.player is not None:
        happened = f"this {what_changed(stale)} changed the parameters of {name}"
    if isinstance(cause, Backward):
        happened = "this backward pass went through it first and freed it"
    return [(forward_of(study, stale), f"{name} ran here"), (cause.location, happened)]
