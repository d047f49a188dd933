"""Words for a stale graph: what ran, what changed it, and which cure is one."""

from __future__ import annotations

from gradcheck_gan.analysis.meetings import Entry
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.staleness import Stale, walked
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.turns import in_turn
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.run import Backward, Location, Step, Write
from gradcheck_gan.words import listed

_NO_CURE = {
    "changed": "detach() here would end the error and the learning with it, and "
    "retain_graph=True keeps the graph, not the old values.",
    "overwritten": "retain_graph=True does not bring the old values back.",
    "freed": "detach() here would end the learning with the error.",
}


def what_changed(stale: Stale) -> str:
    return "step" if isinstance(stale.cause, Step) else "write in place"


def entry_of(study: Study, stale: Stale) -> Entry | None:
    """Where the player ran that kept what is gone, or whose output was what is gone made of."""
    entries = [
        entry
        for entry in study.meetings.in_pass(stale.event)
        if stale.player is None or entry.player == stale.player.id
    ]
    inside = [entry for entry in entries if stale.reader.id in entry.values]
    below = study.flow.below(stale.reader.id)
    made_of = [entry for entry in entries if not entry.values.isdisjoint(below)]
    return max(inside or made_of, key=lambda entry: min(entry.values), default=None)


def forward_of(study: Study, stale: Stale) -> Location | None:
    entry = entry_of(study, stale)
    return stale.reader.location if entry is None else entry.location


def name_of(study: Study, stale: Stale) -> str:
    if stale.player is not None:
        return stale.player.name
    entry = entry_of(study, stale)
    if entry is not None:
        return study.player_by_id[entry.player].name
    if stale.parameters:
        return study.run.parameters[min(stale.parameters)].name
    return f"`{stale.reader.name}`"


def fix_of(study: Study, stale: Stale) -> str:
    if stale.kind == "overwritten":
        return f"Write into a copy: clone() before this write. {_NO_CURE['overwritten']}"
    name, judge = name_of(study, stale), _judge(study, stale)
    if judge is not None:
        return (
            f"This loss trains {judge.name}, which needs no gradient in {name}: make it of "
            f"detached values of {name}. retain_graph=True does not help."
        )
    if stale.kind == "freed":
        return _fix_freed(study, stale, name)
    if isinstance(stale.cause, Write):
        first = "Move that write in place before the forward pass or behind this backward pass."
    else:
        first = f"Run {name} again after that step and make this loss of the new output."
    return f"{first}{_apart(study, stale)} {_NO_CURE['changed']}"


def _judge(study: Study, stale: Stale) -> Player | None:
    """The discriminator that the pass is for, where only its input's maker is stale."""
    entry, turn = entry_of(study, stale), in_turn(study, stale.event)
    maker = None if entry is None else entry.player
    judges = [
        player
        for player in turn
        if maker in study.meetings.fed_by[player.id]
        and study.adversaries.is_discriminator(player)
        and study.meetings.is_terminal(player.id)
    ]
    return judges[0] if judges and len(judges) == len(turn) else None


def _apart(study: Study, stale: Stale) -> str:
    """Where a discriminator's verdict served its own loss, too."""
    if stale.player is None or not study.adversaries.is_discriminator(stale.player):
        return ""
    for event in study.ledger.passes.values():
        before = event.kind == "backward" and event.order < stale.cause.order
        if before and stale.reader in walked(study, event):
            return f" Give the loss of the backward pass at {at(event.location)} detached fakes."
    return ""


def _fix_freed(study: Study, stale: Stale, name: str) -> str:
    """Detached values where the first pass was not the player's own, else one pass, or two runs."""
    first, event = stale.cause, stale.event
    assert isinstance(first, Backward)
    entry, owners = entry_of(study, stale), study.ownership.owners(first)
    if entry is not None and owners and entry.player not in owners:
        trained = listed(study.player_by_id[owner].name for owner in sorted(owners))
        return (
            f"Give the loss of the backward pass at {at(first.location)} detached values of "
            f"{name}: it trains {trained} alone. retain_graph=True there only hides that it runs "
            f"through {name} as well, and fails once a step has changed {name}."
        )
    if first.site == event.site:
        return (
            f"Run {name} anew in every iteration. Where only numbers are carried over from one to "
            "the next, a hidden state or a running mean, detach() them there; "
            "retain_graph=True would keep every iteration in memory."
        )
    if any(isinstance(e, Step) and first.order < e.order < event.order for e in study.run.events):
        return (
            f"Run {name} again for this loss, after the step. retain_graph=True keeps the graph, "
            f"not the values that the step has changed. {_NO_CURE['freed']}"
        )
    return (
        "Add the two losses and call backward() once. retain_graph=True in the first call works "
        f"too, but holds the memory longer. {_NO_CURE['freed']}"
    )
