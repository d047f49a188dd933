"""Players that are one half of a judge: what it hears of a maker passes through them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from gradcheck_gan.analysis.adversaries import Adversaries
from gradcheck_gan.analysis.ledger import Ledger
from gradcheck_gan.analysis.meetings import Entry, Meetings
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.run import Backward, Run


class Trunks:
    """Which players are such halves, and in which passes they get the judge's opinion."""

    def __init__(
        self,
        run: Run,
        players: Iterable[Player],
        ledger: Ledger,
        updates: Iterable[Update],
        meetings: Meetings,
        adversaries: Adversaries,
    ) -> None:
        self._run = run
        self._players = {player.id: player for player in players}
        self._ledger = ledger
        self._updates = tuple(updates)
        self._meetings = meetings
        self._adversaries = adversaries

    def judges(self, part: Player, maker: Player) -> tuple[Player, ...]:
        """Adversaries of the maker of which the player is the first half."""
        return self._found.get((part.id, maker.id), ())

    @cached_property
    def _found(self) -> dict[tuple[int, int], tuple[Player, ...]]:
        found: dict[tuple[int, int], tuple[Player, ...]] = {}
        for maker_id, judge_id in sorted(self._adversaries.pairs):
            maker, judge = self._players[maker_id], self._players[judge_id]
            for identity in self._meetings.fed_by[judge_id] - {maker_id}:
                if self._is_trunk(self._players[identity], judge, maker):
                    found[identity, maker_id] = (*found.get((identity, maker_id), ()), judge)
        return found

    def _is_trunk(self, part: Player, judge: Player, maker: Player) -> bool:
        """All that the judge hears of the maker, its adversary, comes through this player, which
        also sees what the maker did not make, and is stepped together with the judge on the
        judge's own loss."""
        return (
            self._meetings.is_nominated(maker.id, part.id)
            and self._steps_with(part, judge, maker)
            and self._is_between(part, judge, maker)
        )

    def hears(self, event: Backward, part: Player, judge: Player, maker: Player) -> bool:
        """The pass brings the judge's opinion of the maker's values to both, its sign as it is."""
        return any(
            {maker.id, part.id} <= entry.live
            and self._is_heard(event, entry, judge)
            and not self._meetings.is_reversed(event, entry, maker.id)
            for entry in self._meetings.in_pass(event)
            if entry.player == judge.id
        )

    def _is_heard(self, event: Backward, entry: Entry, judge: Player) -> bool:
        """Gradient came to its output; within a call of a larger module that is not measured, but
        what the judge itself got tells."""
        call = entry.call
        if call is not None and (call.id in event.signals or call.parent is None):
            return any(event.signals.get(call.id, ()))
        held = judge.parameters & event.deposits.keys()
        return any(not event.deposits[parameter].zero for parameter in held)

    def _is_between(self, part: Player, judge: Player, maker: Player) -> bool:
        """No value of the maker enters the judge past this player."""
        entries = [entry for entry in self._meetings.entries if entry.player == part.id]
        inside = frozenset[int]().union(*(entry.values for entry in entries))
        return not any(
            self._leads_past(entry, inside, maker)
            for entry in self._meetings.entries
            if entry.player == judge.id and maker.id in entry.made_by
        )

    def _leads_past(self, entry: Entry, inside: frozenset[int], maker: Player) -> bool:
        values, pending = self._run.values, [*entry.values]
        seen = set(pending)
        while pending:
            value = values[pending.pop()]
            if value.kind == "parameter" and value.parameter in maker.parameters:
                return True
            found = ({edge.source for edge in value.inputs} & values.keys()) - inside - seen
            seen |= found
            pending.extend(found)
        return False

    def _steps_with(self, part: Player, judge: Player, maker: Player) -> bool:
        """In one block both step on a pass of which the maker learns nothing, by optimizers that
        do not hold the maker."""
        apart = [u for u in self._updates if u.step.optimizer not in maker.optimizers]
        own = [update for update in apart if update.player.id == judge.id]
        mine = {u.block.steps[0].order: u for u in apart if u.player.id == part.id}
        return any(
            self._is_of_judge_alone(self._ledger.passes[order], part, judge, maker)
            for one in own
            if (other := mine.get(one.block.steps[0].order)) is not None
            for order in {*one.consumed} & {*other.consumed}
        )

    def _is_of_judge_alone(
        self, event: Backward, part: Player, judge: Player, maker: Player
    ) -> bool:
        if any((event.order, p) in self._ledger.consumed for p in maker.parameters):
            return False
        return any(
            part.id in entry.live
            and self._is_heard(event, entry, judge)
            and not self._meetings.is_reversed(event, entry, part.id)
            for entry in self._meetings.in_pass(event)
            if entry.player == judge.id
        )
