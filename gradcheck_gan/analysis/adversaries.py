"""Which players train against each other: by evidence, never by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from gradcheck_gan.analysis.flow import Flow
from gradcheck_gan.analysis.ledger import Ledger
from gradcheck_gan.analysis.meetings import Entry, Meetings
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.signals import (
    Signal,
    Signals,
    alike,
    of_next_rounds,
    of_one_round,
    opposed,
)
from gradcheck_gan.analysis.updates import Ownership, Update, own_passes
from gradcheck_gan.run import Backward, Run

IsOwn = Callable[[Backward, Entry, Player, Player], bool]


class Adversaries:
    """Pairs (generator, discriminator), as ids of players."""

    def __init__(
        self,
        run: Run,
        players: Iterable[Player],
        ledger: Ledger,
        updates: Iterable[Update],
        ownership: Ownership,
        meetings: Meetings,
        flow: Flow,
    ) -> None:
        self._run = run
        self._players = tuple(players)
        self._ledger = ledger
        self._updates = tuple(updates)
        self._ownership = ownership
        self._meetings = meetings
        self._flow = flow
        self._shown: dict[tuple[int, int, int], bool | None] = {}
        """Per pass, source and target: whether the target also sees others' values there; None
        where it is shown the source's both attached and detached."""

    @cached_property
    def pairs(self) -> frozenset[tuple[int, int]]:
        return frozenset(
            (source.id, target.id)
            for source in self._players
            for target in self._players
            if source.id != target.id and self._are_opposed(source, target)
        )

    def between(self, one: int, other: int) -> bool:
        return (one, other) in self.pairs or (other, one) in self.pairs

    def is_discriminator(self, player: Player) -> bool:
        if any(target == player.id for _, target in self.pairs):
            return True
        return self._meetings.is_terminal(player.id) and any(
            self._meetings.is_nominated(source, player.id)
            for source in self._meetings.fed_by[player.id]
        )

    def is_generator(self, player: Player) -> bool:
        return any(
            player.id in self._meetings.fed_by[other.id] and self.is_discriminator(other)
            for other in self._players
        )

    def _are_opposed(self, source: Player, target: Player) -> bool:
        if not self._meetings.is_nominated(source.id, target.id):
            return False
        shown_otherwise = self._meetings.is_terminal(target.id) and (
            self._steps_alone(source, target)
            or self._sees_both_ways(source, target)
            or bool(self.passed_over(source, target))
        )
        return shown_otherwise or self.signs_oppose(source, target)

    def _steps_alone(self, source: Player, target: Player) -> bool:
        """The target steps on the source's values, seen beside others or with a step of its own
        for the others, while the source does not step; and the source has a pass of its own
        through the target elsewhere."""
        mine = [update for update in self._updates if update.player.id == target.id]
        if not any(self._sees_others(update, source) for update in mine):
            return False
        alone = {
            event.site
            for update in mine
            for event in update.block.passes
            if event.traced
            and event.order in update.consumed
            and not self._steps_on(event, source)
            and self._meetings.feeds(event, source.id, target.id)
        }
        own = {
            event.site
            for update in self._updates
            if update.player.id == source.id
            for event in own_passes(update, self._ownership, self._ledger, self._run.values)
            if event.traced and self._meetings.feeds(event, source.id, target.id)
        }
        return any(site != other for site in alone for other in own)

    def passed_over(self, source: Player, target: Player) -> set[str]:
        """Sites whose passes the target steps on though they are of use to the source alone.

        The source has an optimizer that never steps on anything. The target steps on passes that
        show it the source's values cut off, beside others, and on these, which show it the
        source's attached ones only.
        """
        mine = [update for update in self._updates if update.player.id == source.id]
        if not source.optimizers or any(update.consumed for update in mine):
            return set()
        apart: set[str] = set()
        meant: set[str] = set()
        for update in self._updates:
            for event in (self._ledger.passes[order] for order in update.consumed):
                if update.player.id != target.id:
                    continue
                entries = self._meetings.heard_in(event, target.id)
                made = [entry for entry in entries if source.id in entry.made_by]
                live = [entry for entry in made if source.id in entry.live]
                if made and not live and any(e.shows_others(source.id) for e in entries):
                    apart.add(event.site)
                if live and live == made and source.parameters & event.deposits.keys():
                    meant.add(event.site)
        return meant - apart if apart else set()

    def _sees_both_ways(self, source: Player, target: Player) -> bool:
        """One pass on which both step, by steps of their own, shows the target the source's values
        once detached and once attached: its own loss and the source's in one sum."""
        for update in self._updates:
            if update.player.id != target.id or not self._sees_others(update, source):
                continue
            for event in (self._ledger.passes[order] for order in update.consumed):
                entries = [
                    entry
                    for entry in self._meetings.in_pass(event)
                    if entry.player == target.id and source.id in entry.made_by
                ]
                ways = {source.id in entry.live for entry in entries}
                if (
                    ways == {True, False}
                    and self._steps_beside(event, source, update)
                    and not self._agree(event, entries, source)
                ):
                    return True
        return False

    def _agree(self, event: Backward, entries: list[Entry], source: Player) -> bool:
        """The pass pushes both the same way, as it does with a classifier that cooperates."""
        calls = [(entry.call.id, source.id in entry.live) for entry in entries if entry.call]
        attached = [call for call, live in calls if live and any(event.signals.get(call, ()))]
        cut = [call for call, live in calls if not live and any(event.signals.get(call, ()))]
        return any(alike(event, one, other) for one in attached for other in cut)

    def _steps_beside(self, event: Backward, source: Player, beside: Update) -> bool:
        return any(
            update.player.id == source.id
            and event.order in update.consumed
            and update.step.order != beside.step.order
            for update in self._updates
        )

    def _sees_others(self, update: Update, source: Player) -> bool:
        """Its passes also show the player values that the source did not make."""
        return any(
            entry.player == update.player.id and entry.shows_others(source.id)
            for order in update.consumed
            for entry in self._meetings.in_pass(self._ledger.passes[order])
        )

    def _steps_on(self, event: Backward, player: Player) -> bool:
        """The player consumes the pass in the pass's own block."""
        return any(
            update.player.id == player.id
            and event.order in update.consumed
            and event in update.block.passes
            for update in self._updates
        )

    def _traced(self) -> list[Backward]:
        return [event for event in self._ledger.passes.values() if event.traced]

    def signs_oppose(self, source: Player, target: Player) -> bool:
        """The target's own passes push its opinion of the source's values one way and the others
        push it the opposite way, in every round of which this was measured."""
        for is_own in (self._is_own, self._is_cut):
            pairs = self._measured(source, target, is_own)
            if pairs:
                enough = len(pairs) > 1 or self._run.outcome.status in ("complete", "crashed")
                return enough and all(opposed(*pair) for pair in pairs)
        return False

    def _measured(
        self, source: Player, target: Player, is_own: IsOwn
    ) -> list[tuple[list[Signal], list[Signal]]]:
        """What the target's own passes and the others send to its output, round by round."""
        own: Signals = {}
        others: Signals = {}
        for event in self._traced():
            if event.kind == "backward":
                for entry in self._meetings.in_pass(event):
                    signal = self._signal(event, entry, source, target)
                    if signal is not None:
                        side = own if is_own(event, entry, source, target) else others
                        side.setdefault(event.round, []).append(signal)
        return of_one_round(own, others) or of_next_rounds(own, others)

    def pushes_against(self, event: Backward, term: int, source: Player, target: Player) -> bool:
        """A term of this pass pushes the target's opinion of the source's values opposite to what
        the passes do on which the target steps."""
        below = self._flow.below(term)
        here = [
            signal
            for entry in self._meetings.in_pass(event)
            if not entry.values.isdisjoint(below)
            and (signal := self._signal(event, entry, source, target)) is not None
        ]
        own = [
            signal
            for other in self._traced()
            if other.round == event.round and self._steps_on(other, target)
            for entry in self._meetings.in_pass(other)
            if (signal := self._signal(other, entry, source, target)) is not None
        ]
        return bool(here and own) and all(opposed([one], [two]) for one in own for two in here)

    def _is_own(self, event: Backward, entry: Entry, source: Player, target: Player) -> bool:
        """Whether this entry looks like the target's own loss rather than the source's."""
        key = event.order, source.id, target.id
        if key not in self._shown:
            entries = [e for e in self._meetings.in_pass(event) if e.player == target.id]
            made = [e for e in entries if source.id in e.made_by]
            ways = {source.id in e.live for e in made}
            others = any(entry.shows_others(source.id) for entry in entries)
            self._shown[key] = None if ways == {True, False} else others
        shown = self._shown[key]
        return source.id not in entry.live if shown is None else shown

    def _is_cut(self, event: Backward, entry: Entry, source: Player, target: Player) -> bool:
        """Where reals and fakes have passes of their own, the source learns nothing from its own:
        it is detached there, and the target alone steps on it."""
        return source.id not in entry.live and not self._steps_on(event, source)

    def _signal(
        self, event: Backward, entry: Entry, source: Player, target: Player
    ) -> Signal | None:
        if entry.player != target.id or source.id not in entry.made_by or entry.call is None:
            return None
        signal = event.signals.get(entry.call.id)
        return signal if signal and any(signal) else None
