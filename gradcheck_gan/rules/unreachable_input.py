"""GG404: autograd.grad asks for the gradient at a tensor that its outputs do not depend on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from gradcheck_gan.analysis.staleness import live_below, stopped_by
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Backward, Location, Value

RULE = Rule(
    "GG404",
    "unreachable-input",
    "error",
    "autograd.grad asks for the gradient at a tensor that has no gradient path to its outputs",
    folds_under=frozenset({"GG303"}),
)

_SIGNS = ("does not require grad", "appears to not have been used in the graph")


@dataclass(frozen=True, slots=True)
class Broken:
    """The input without a path, why it has none, and where the path was cut, if it was.

    `fix` has a slot for the name of the network.
    """

    value: Value
    why: str
    fix: str
    cut: Value | None = None


def check(study: Study) -> Iterator[Claim]:
    for event in study.ledger.passes.values():
        refused = event.error is not None and any(sign in event.error for sign in _SIGNS)
        if refused and event.kind == "grad" and event.traced:
            broken = _broken(study, event)
            if broken is not None:
                yield _claim(study, event, broken)


def _broken(study: Study, event: Backward) -> Broken | None:
    inputs = [study.run.values[i] for i in event.inputs if i in study.run.values]
    inside = {value.id for value in live_below(study, event)}
    for value in inputs:
        if not value.live:
            return _constant(study, value)
    for value in inputs:
        if value.id not in inside:
            return _unused(study, event, value)
    return None


def _constant(study: Study, value: Value) -> Broken:
    cuts = [v for i in sorted(study.flow.below(value.id)) if (v := study.run.values[i]).cut]
    made = f" (`{cuts[-1].name}` at {at(_place(cuts[-1]))} cut it off)" if cuts else ""
    return Broken(
        value,
        f"which does not require grad{made}",
        "Call requires_grad_(True) on that tensor before {} runs on it.",
        cuts[-1] if cuts else None,
    )


def _unused(study: Study, event: Backward, value: Value) -> Broken:
    cuts = [v for v in study.flow.between(value.id, event.roots) if v.cut]
    if cuts:
        return Broken(
            value,
            f"but `{cuts[0].name}` at {at(_place(cuts[0]))} cuts the way from there to the outputs",
            "Run {} on that very tensor, with gradients enabled and without detach.",
            cuts[0],
        )
    below = frozenset[int]().union(*(study.flow.below(root) for root in event.roots))
    if any(study.run.values[i].lives_in == value.lives_in for i in below):
        return Broken(
            value,
            "but the outputs were computed before it required grad",
            "Call requires_grad_(True) on it before {} runs on it, not after.",
        )
    return Broken(
        value,
        "but the outputs were not computed from it",
        "Differentiate with respect to the very tensor that {} ran on.",
    )


def _place(cut: Value) -> Location | None:
    return cut.region or cut.location


def _claim(study: Study, event: Backward, broken: Broken) -> Claim:
    value, entries = broken.value, study.meetings.in_pass(event)
    judge = max(entries, key=lambda entry: max(entry.values), default=None)
    name = study.player_by_id[judge.player].name if judge else "the network"
    what = "the tensor"
    if value.parameter is not None and value.parameter in study.run.parameters:
        what = study.run.parameters[value.parameter].name
    places = [(value.id, value.location, "the gradient is asked for at this tensor")]
    if broken.cut is not None:
        places.append((broken.cut.id, _place(broken.cut), "the gradient path is cut here"))
    if judge is not None:
        places.append((max(judge.values), judge.location, f"{name} runs here"))
    return RULE.claim(
        f"autograd.grad at {at(event.location)} is asked for the gradient at {what} made at "
        f"{at(value.location)}, {broken.why}; torch refused to run it",
        event.location,
        broken.fix.format(name),
        subjects=product(study.player_by_id, stopped_by(study, event)),
        related=[(place, note) for _, place, note in sorted(places, key=lambda item: item[0])],
        player=name if judge else None,
        evidence={"requires_grad": value.live, "crashed": True},
        rounds=[event.round],
    )
