"""DistributedDataParallel waits for gradients of parameters that a pass did not reach."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Backward, Location, Replica
from gradcheck_gan.words import counted, listed

_REFUSAL = "Expected to have finished reduction in the prior iteration"
_SHOWN = 4


def unfinished(study: Study, rule: Rule) -> Iterator[Claim]:
    """Told of the pass behind torch's error, which comes no sooner than at the next call."""
    run = study.run
    if _REFUSAL not in (run.outcome.exception or "") or not run.replicas:
        return
    refused = run.replicas[-1]
    event = _pass_before(study, refused)
    held = run.modules[refused.module].parameters if refused.module in run.modules else frozenset()
    missed = sorted(held - event.deposits.keys()) if event is not None else []
    if event is None or not missed:
        return
    wrapper = run.modules[refused.module].name
    names = [run.parameters[one].name for one in missed if one in run.parameters]
    more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    unused = f"{len(missed)} of {counted(len(held), 'parameter')} of {wrapper}"
    yield rule.claim(
        f"{unused} ({listed([*names[:_SHOWN], *more])}) got no gradient from the backward pass at "
        f"{at(event.location)}, so that DistributedDataParallel never finished averaging it, and "
        f"the next call of {wrapper}, at {at(refused.location)}, was refused",
        event.location,
        f"Let every call of {wrapper} use all its parameters, on every rank; or wrap it with "
        "find_unused_parameters=True.",
        related=[
            (_called_at(study, refused, event), f"{wrapper} ran here without them"),
            (refused.location, f"the next call of {wrapper}, which torch refused"),
        ],
        player=_player(study, missed),
        evidence={"parameters": len(held), "parameters_without_gradient": len(missed)},
        rounds=[event.round],
    )


def _pass_before(study: Study, refused: Replica) -> Backward | None:
    """The last pass that brought the wrapper's module any gradient."""
    held = study.run.modules[refused.module].parameters
    found = [
        event
        for event in study.run.events
        if isinstance(event, Backward) and event.order < refused.order
        if event.deposits.keys() & held
    ]
    return found[-1] if found else None


def _called_at(study: Study, refused: Replica, event: Backward) -> Location | None:
    calls = [
        one.location
        for one in study.run.replicas
        if one.module == refused.module and one.order < event.order
    ]
    return calls[-1] if calls else None


def _player(study: Study, parameters: list[int]) -> str | None:
    found = [p.name for p in study.players if p.parameters & frozenset(parameters)]
    return found[0] if found else None
