"""The timeline of the first rounds: what happened to each player, and which step used what."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

from gradcheck_gan.analysis.leaks import leaks
from gradcheck_gan.analysis.meetings import Entry
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.finding import Arrow, ArrowKind, Moment, MomentKind, Timeline
from gradcheck_gan.run import Backward, Step
from gradcheck_gan.words import counted, listed

ROUNDS = 2
REPEATED = 3
"""So often a player's moment of one kind and place is shown in a round; critics step a hundred
times."""


def timeline(study: Study) -> Timeline:
    moments = sorted(_moments(study), key=lambda one: (one.order, _RANK[one.kind]))
    kept: list[Moment] = []
    times: Counter[object] = Counter()
    for moment in moments:
        key = (moment.kind, moment.round, moment.player, moment.location)
        times[key] += 1
        if times[key] <= REPEATED:
            kept.append(moment)
    at = {(moment.order, moment.kind, moment.player): i for i, moment in enumerate(kept)}
    return Timeline(tuple(kept), tuple(_arrows(study, at)), len(moments) - len(kept))


_RANK = {"clear": 0, "forward": 1, "backward": 2, "grad": 2, "step": 3}
_At = dict[tuple[int, MomentKind, str], int]


def _moments(study: Study) -> Iterator[Moment]:
    events = [event for event in study.run.events if isinstance(event, (Backward, Step))]
    events = [event for event in events if event.round <= ROUNDS]
    for event in events:
        for player in study.players:
            yield from _cleared(event, player)
            if isinstance(event, Backward):
                yield from _filled(study, event, player)
    for update in study.updates:
        if update.step.round <= ROUNDS:
            yield _stepped(study, update)
    orders = [event.order for event in events]
    for entry in study.meetings.entries:
        order = entry.call.id if entry.call is not None else min(entry.values)
        following = bisect_left(orders, order)
        if following < len(orders):
            yield _ran(study, entry, order, events[following].round)


def _cleared(event: Backward | Step, player: Player) -> Iterator[Moment]:
    cleared = len(event.cleared & player.parameters)
    if cleared:
        note = f"{_of(cleared, player)} found cleared"
        yield Moment("clear", event.order, event.round, player.name, None, note)


def _filled(study: Study, event: Backward, player: Player) -> Iterator[Moment]:
    deposits = [event.deposits[p] for p in player.parameters if p in event.deposits]
    owner = player.id in study.ownership.owners(event)
    if not deposits and not owner:
        return
    zero = sum(deposit.zero for deposit in deposits)
    note = f"gradient for {_of(len(deposits), player)}"
    if zero:
        note += f", {'all' if zero == len(deposits) else zero} of it zero"
    largest = max((deposit.magnitude for deposit in deposits), default=0.0)
    note += f", largest entry {largest:.3g}" if deposits else ""
    kind: MomentKind = "backward" if event.kind == "backward" else "grad"
    yield Moment(kind, event.order, event.round, player.name, event.location, note)


def _stepped(study: Study, update: Update) -> Moment:
    player, step = update.player, update.step
    found = sum(step.gradients.get(p) in ("nonzero", "nonfinite") for p in update.parameters)
    name = study.run.optimizers[step.optimizer].name
    note = f"{name} steps {_of(len(update.parameters), player)}, {found} with gradient"
    return Moment("step", step.order, step.round, player.name, step.location, note)


def _ran(study: Study, entry: Entry, order: int, in_round: int) -> Moment:
    player = study.player_by_id[entry.player]
    attached = [study.player_by_id[one].name for one in sorted(entry.live)]
    cut_off = [study.player_by_id[one].name for one in sorted(entry.made_by - entry.live)]
    seen = [f"the output of {listed(attached)}"] if attached else []
    seen += [f"the output of {listed(cut_off)}, cut off"] if cut_off else []
    note = f"{player.name} runs on {' and '.join(seen) or 'values that no player made'}"
    return Moment("forward", order, in_round, player.name, entry.location, note)


def _of(count: int, player: Player) -> str:
    return f"{count} of {counted(len(player.parameters), 'parameter')}"


def _arrows(study: Study, at: _At) -> Iterator[Arrow]:
    foreign = {
        (leak.update.step.order, leak.update.player.id, event.order)
        for leak in leaks(study)
        for event in leak.foreign
    }
    for update in study.updates:
        target = at.get((update.step.order, "step", update.player.name))
        if target is None:
            continue
        passes = update.consumed or [
            event.order for event in study.own_passes(update) if update.is_empty
        ]
        for order in passes:
            source = at.get((order, "backward", update.player.name))
            if source is not None:
                key = (update.step.order, update.player.id, order)
                yield Arrow(source, target, _kind(update, key in foreign))


def _kind(update: Update, is_foreign: bool) -> ArrowKind:
    if is_foreign:
        return "foreign"
    return "own" if update.consumed else "missing"
