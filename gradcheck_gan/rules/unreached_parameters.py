"""GG111: modules of a player that otherwise trains ran, reached the loss, and got no gradient."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.analysis.wording import at, in_updates, stepped_at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Backward, Value, Write
from gradcheck_gan.words import counted, listed

RULE = Rule(
    "GG111",
    "unreached-parameters",
    "warning",
    "some modules of a player that trains are cut off from its loss",
    folds_under=frozenset("GG101 GG102 GG103 GG104 GG105 GG108 GG112 GG204 GG306".split()),
)


def check(study: Study) -> Iterator[Claim]:
    written = {event.parameter for event in study.run.events if isinstance(event, Write)}
    for player in study.players:
        updates = [update for update in study.updates_of(player) if update.consumed]
        if not updates or not study.is_proven(len(updates)):
            continue
        places: dict[Value, set[int]] = defaultdict(set)
        for group in _never_reached(study, player, updates):
            culprit = None if group & written else _culprit(study, updates, group)
            if culprit is not None:
                places[culprit] |= group
        for place, members in places.items():
            yield _claim(study, player, updates, place, frozenset(members))


def _never_reached(study: Study, player: Player, updates: list[Update]) -> list[frozenset[int]]:
    """Parameters in which every update found no gradient or zeros, by the module they are in."""
    reached = {
        p
        for event in study.ledger.passes.values()
        if study.ownership.owners(event) <= {player.id}  # what others leave in it trains nobody
        for p, deposit in event.deposits.items()
        if p in player.parameters and not deposit.zero
    }
    held = frozenset[int]().union(*(update.parameters for update in updates))
    states = {
        p: state
        for update in updates
        for p, state in update.step.gradients.items()
        if state != "none"
    }
    groups: dict[int | None, set[int]] = defaultdict(set)
    for parameter in (player.parameters & held) - reached:
        if states.get(parameter, "zero") == "zero":
            groups[study.run.parameters[parameter].module].add(parameter)
    return [frozenset(group) for module, group in groups.items() if module is not None]


def _culprit(study: Study, updates: list[Update], group: frozenset[int]) -> Value | None:
    """The cut, or the operation without slope, that every pass met in which these modules ran."""
    found: Value | None = None
    for event in _passes(study, updates):
        link = study.flow.link(event.roots, event, group)
        zeroed = [value for value in link.culprits if value.id in event.zeroed]
        if link.kind == "live" or (link.kind == "zero" and not zeroed):
            return None
        if link.kind in ("cut", "zero"):
            found = found or (zeroed or link.culprits)[0]
    return found


def _passes(study: Study, updates: list[Update]) -> list[Backward]:
    passes = {
        event.order: event
        for update in updates
        for event in study.own_passes(update)
        if event.traced
    }
    return list(passes.values())


def _claim(
    study: Study, player: Player, updates: list[Update], culprit: Value, group: frozenset[int]
) -> Claim:
    names = sorted({study.run.parameters[p].name.rpartition(".")[0] for p in group})
    shown = listed(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    passes = _passes(study, updates)
    got = "gradients of zero alone" if culprit.zero else "no gradient"
    return RULE.claim(
        f"{counted(len(group), 'parameter')} of {player.name} ({shown}) got {got} "
        f"{in_updates(len(updates))}, while the other {len(player.parameters) - len(group)} did: "
        f"`{culprit.name}` cuts {'them' if len(group) > 1 else 'it'} off",
        culprit.region or culprit.location,
        f"If {shown} should learn, {_remedy(culprit)}; if not, leave its parameters out of the "
        "optimizer.",
        subjects={(player.id, event.site) for event in passes},
        related=[
            (passes[0].location if passes else None, "the backward pass"),
            stepped_at(updates[0].step.location, player),
        ],
        player=player.name,
        evidence={
            "parameters": len(player.parameters),
            "parameters_without_gradient": len(group),
            "updates": len(updates),
            "operation": culprit.name,
        },
        rounds=sorted({update.step.round for update in updates}),
    )


def _remedy(culprit: Value) -> str:
    if culprit.zero:
        estimator = f"x + ({culprit.name}(x) - x).detach()"
        return f"pass the gradient straight through at {at(culprit.location)}: {estimator}"
    return f"remove the cut at {at(culprit.location)}"
