"""A player whose gradients are not averaged over the ranks, so that each trains one of its own."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.drift import Pairing, pairings
from gradcheck_gan.analysis.meetings import Entry
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Location, Replica
from gradcheck_gan.words import counted, listed


def ranks_apart(study: Study, rule: Rule) -> Iterator[Claim]:
    """Told of a player that began equal, where torch's wrapper, or another player's gradients,
    show that the ranks are to train the same."""
    found = list(pairings(study))
    for player in study.players:
        pairs = [one for one in found if one.player.id == player.id and one.began_equal]
        apart = [one for one in pairs if one.apart]
        wrapped = _replicas(study, player)
        shared = [one.player for one in found if one.in_step and one.player.id != player.id]
        meant = wrapped or shared or _wrappers(study, player)
        if not apart or any(one.custom for one in wrapped) or not meant:
            continue
        yield _claim(study, rule, player, apart, wrapped, shared)


def _claim(
    study: Study,
    rule: Rule,
    player: Player,
    apart: list[Pairing],
    wrapped: list[Replica],
    shared: list[Player],
) -> Claim:
    step = apart[0].steps[0]
    place, why, fix = _cause(study, player, wrapped, shared)
    parameters = frozenset[int]().union(*(one.apart for one in apart))
    ranks = sorted([study.run.rank or 0, *(one.rank for one in apart)])
    times = len(apart[0].steps)
    return rule.claim(
        f"{len(parameters)} of {counted(len(player.parameters), 'parameter')} of {player.name} "
        f"began equal on ranks {listed(map(str, ranks))} and now differ: {why}, so every rank used "
        f"a gradient of its own in each of {counted(times, 'update')}",
        place or step.location,
        fix,
        related=[(step.location, f"{player.name} is stepped here, on each rank by itself")]
        if place is not None
        else [],
        player=player.name,
        evidence={
            "parameters": len(player.parameters),
            "parameters_apart": len(parameters),
            "updates": times,
            "ranks": ", ".join(map(str, ranks)),
        },
        rounds=sorted({step.round for step in apart[0].steps}),
        cause=why,
    )


def _replicas(study: Study, player: Player) -> list[Replica]:
    """Calls of wrappers that hold the player."""
    modules = study.run.modules
    return [
        one
        for one in study.run.replicas
        if one.module in modules and modules[one.module].parameters & player.parameters
    ]


def _cause(
    study: Study, player: Player, wrapped: list[Replica], shared: list[Player]
) -> tuple[Location | None, str, str]:
    """The line at fault if another than the step's, why, and what to change."""
    name = player.name
    past = _past_the_wrapper(study, player)
    if past is not None:
        return (
            past,
            "the module was called past its wrapper, which then averages nothing",
            f"Call {name} itself, not {name}.module, wherever its loss is computed.",
        )
    calls = {entry.call.id for entry in _entries(study, player) if entry.call is not None}
    used = [one for one in wrapped if one.order in calls]
    if used and not any(one.synchronises for one in used):
        return (
            used[0].location,
            "every call of it was under no_sync()",
            f"Leave no_sync() for the last pass before each step of {name}.",
        )
    if wrapped:
        return (
            None,
            "its wrapper did not average its gradients",
            f"Step {name} right after its own passes.",
        )
    others = f" as {listed(dict.fromkeys(p.name for p in shared))} is" if shared else ""
    wrap = f"Wrap {name} in DistributedDataParallel{others}"
    return (
        None,
        "nothing averages its gradients",
        f"{wrap}, or average its gradients before every step.",
    )


def _past_the_wrapper(study: Study, player: Player) -> Location | None:
    """Where the wrapped module was called, if no pass of the player's runs through its wrapper."""
    wrappers = _wrappers(study, player)
    entries = [(entry.call, entry.location) for entry in _entries(study, player)]
    through = any(call is not None and call.module in wrappers for call, _ in entries)
    return entries[0][1] if wrappers and entries and not through else None


def _wrappers(study: Study, player: Player) -> set[int]:
    """Wrappers of the player, called or not."""
    modules = study.run.modules
    return {m for m in player.modules if modules[m].class_name == "DistributedDataParallel"}


def _entries(study: Study, player: Player) -> list[Entry]:
    """Where values entered the player on the way to the passes that it stepped on."""
    orders = {order for update in study.updates_of(player) for order in update.consumed}
    passes = (study.ledger.passes[order] for order in sorted(orders))
    found = (entry for event in passes for entry in study.meetings.in_pass(event))
    return [entry for entry in found if entry.player == player.id]
