"""Sentences that several rules share: counts, places, names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.run import Backward, Location, Step


def at(location: Location | None) -> str:
    """`line 7 of net.py`; a claim leaves out the file that its finding stands in."""
    if location is None:
        return "an unknown line"
    name = PurePosixPath(location.path).name if location.cell is None else f"cell {location.cell}"
    return f"line {location.line} of {name}"


def in_updates(count: int) -> str:
    return "in its one update" if count == 1 else f"in any of its {count} updates"


def by_one_of_several(study: Study, player: Player, step: Step | None) -> str:
    """`by opt_enc at line 40`, where the player is also stepped by others, or elsewhere."""
    if step is None:
        return ""
    steps = [update.step for update in study.updates_of(player)]
    whose = "" if len({one.optimizer for one in steps}) < 2 else _by(study, step)
    alike = {one.site for one in steps if one.optimizer == step.optimizer}
    return whose if len(alike) < 2 else f"{whose} at {at(step.location)}"


def _by(study: Study, step: Step) -> str:
    return f" by {study.run.optimizers[step.optimizer].name}"


def others_that_flowed(study: Study, events: Iterable[Backward], player: Player) -> str:
    """`8 of 8 of netD did`: what the same passes deposited elsewhere."""
    events = list(events)
    counts = []
    for other in study.players:
        if other.id == player.id:
            continue
        got = {
            p for e in events for p, d in e.deposits.items() if p in other.parameters and not d.zero
        }
        if got:
            counts.append(f"{len(got)} of {len(other.parameters)} of {other.name}")
    return f" ({', '.join(counts)} did)" if counts else ""


def stepped_at(location: Location | None, player: Player) -> tuple[Location | None, str]:
    return location, f"{player.name} is stepped here"


def made_at(study: Study, event: Backward, player: Player) -> tuple[Location | None, str]:
    """Where the player's own output was made, on the way to this pass."""
    for entry in study.meetings.in_pass(event):
        if entry.player == player.id:
            return entry.location, f"{player.name} runs here"
    return None, ""
