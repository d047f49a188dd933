"""Where one player's values enter another player, and what else enters there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from gradcheck_gan.analysis.flow import Flow
from gradcheck_gan.analysis.players import Player, by_parameter
from gradcheck_gan.run import Backward, Call, Location, Run, Value


@dataclass(frozen=True, slots=True)
class Entry:
    """One place where values enter a player: a call of its module, or its first operation.

    `made_by` are the players whose parameters the entering values were computed from, `live` those
    whose gradient could come back this way; those in `partly` made only some samples of a batch.
    `values` were made inside.
    """

    player: int
    call: Call | None
    location: Location | None
    made_by: frozenset[int]
    live: frozenset[int]
    values: frozenset[int]
    partly: frozenset[int] = frozenset()

    def shows_others(self, maker: int) -> bool:
        """Whether values enter that this player did not make."""
        return maker not in self.made_by or maker in self.partly


class Meetings:
    """Who feeds whom, over all recorded values."""

    def __init__(self, run: Run, players: Iterable[Player], flow: Flow) -> None:
        self._run = run
        self._players = tuple(players)
        self._flow = flow
        self._owners = by_parameter(self._players)
        self._in_pass: dict[int, list[Entry]] = {}

    @cached_property
    def upstream(self) -> dict[int, frozenset[int]]:
        """Per value, the players from whose parameters it was computed."""
        return self._upstream(live=False)

    @cached_property
    def live_upstream(self) -> dict[int, frozenset[int]]:
        return self._upstream(live=True)

    @cached_property
    def computed(self) -> frozenset[int]:
        """Values that come from any player, whatever became of their gradient."""
        guessed = {v.id for v in self._run.values.values() if v.guessed}
        return frozenset(v for v, players in self.upstream.items() if players) | guessed

    @cached_property
    def _partly(self) -> dict[int, frozenset[int]]:
        """Per value, the players from which only some samples of the batch were computed."""
        if not any(value.stacks for value in self._run.values.values()):
            return {}
        found: dict[int, frozenset[int]] = {}
        for identity in sorted(self._run.values):
            value = self._run.values[identity]
            sources = [edge.source for edge in value.inputs if edge.source in self._run.values]
            makers = [self._of(self._run.values[source], self.upstream) for source in sources]
            partly = [found.get(source, frozenset()) for source in sources]
            some = frozenset[int]().union(*partly)
            if value.stacks and makers:
                some |= frozenset[int]().union(*makers) - frozenset.intersection(*makers)
            else:
                some -= frozenset[int]().union(*map(frozenset.__sub__, makers, partly))
            if some:
                found[identity] = some
        return found

    def _upstream(self, *, live: bool) -> dict[int, frozenset[int]]:
        values = self._run.values
        nobody: frozenset[int] = frozenset()
        found: dict[int, frozenset[int]] = {}
        for identity in sorted(values):
            value = values[identity]
            if live and not value.live:
                found[identity] = nobody
                continue
            sources = [
                self._of(values.get(edge.source), found)
                for edge in value.inputs
                if edge.live or not live
            ]
            nonempty = {players for players in sources if players}
            found[identity] = (
                nobody
                if not nonempty
                else next(iter(nonempty))
                if len(nonempty) == 1
                else nobody.union(*nonempty)
            )
        return found

    def _of(self, value: Value | None, found: dict[int, frozenset[int]]) -> frozenset[int]:
        if value is None:
            return frozenset()
        if value.kind == "parameter" and value.parameter is not None:
            return frozenset(player.id for player in self._owners.get(value.parameter, ()))
        return found.get(value.id, frozenset())

    @cached_property
    def _outermost(self) -> dict[int, dict[int, int]]:
        """Per player and call inside it, the outermost call of the player's modules."""
        found: dict[int, dict[int, int]] = {}
        for player in self._players:
            outer: dict[int, int] = {}
            for identity in sorted(self._run.calls):
                call = self._run.calls[identity]
                if call.parent in outer:
                    outer[identity] = outer[call.parent]
                elif call.module in player.modules:
                    outer[identity] = identity
            found[player.id] = outer
        return found

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(
            entry
            for player in self._players
            for entry in (*self._called(player), *self._uncalled(player))
        )

    def _called(self, player: Player) -> list[Entry]:
        outer = self._outermost[player.id]
        groups: dict[int, list[Value]] = defaultdict(list)
        for value in self._run.values.values():
            if value.call is not None and value.call in outer:
                groups[outer[value.call]].append(value)
        return [
            entry
            for identity, values in sorted(groups.items())
            for call in (self._run.calls[identity],)
            for entry in self._of_call(player, call, values, call.location)
        ]

    def _of_call(
        self, player: Player, call: Call, values: list[Value], place: Location | None
    ) -> list[Entry]:
        inside = frozenset(value.id for value in values)
        if not any(player.id in self.upstream[value] for value in inside):
            return []
        entry = self._entry(player, call, place, inside)
        if len(call.inputs) < 2 or not entry.made_by:
            return [entry]
        return self._apart(player, call, values, place) or [entry]

    def _apart(
        self, player: Player, call: Call, values: list[Value], place: Location | None
    ) -> list[Entry]:
        """What a call does with each of its inputs, if it gives them to the same module by turns:
        a discriminator of several scales that is called with real and fake."""
        groups: dict[int, list[Value]] = defaultdict(list)
        for value in values:
            nested = self._nested_in(call, value.call)
            if nested is not None:
                groups[nested].append(value)
            elif self._reads(value, player):
                return []
        calls = [self._run.calls[identity] for identity in sorted(groups)]
        if len({nested.module for nested in calls}) == len(calls):
            return []
        return [
            entry for one in calls for entry in self._of_call(player, one, groups[one.id], place)
        ]

    def _nested_in(self, outer: Call, inner: int | None) -> int | None:
        """The call directly inside the outer one that a call is, or is nested in."""
        while inner is not None and inner != outer.id:
            parent = self._run.calls[inner].parent
            if parent == outer.id:
                return inner
            inner = parent
        return None

    def _uncalled(self, player: Player) -> list[Entry]:
        """Operations that read the player's parameters outside any call of its modules."""
        outer = self._outermost[player.id]
        entries = []
        for value in self._run.values.values():
            if value.call in outer or value.kind == "grad":
                continue
            sources = [self._run.values.get(edge.source) for edge in value.inputs]
            first = not any(
                player.id in self.upstream.get(source.id, ())
                for source in sources
                if source is not None and source.kind != "parameter"
            )
            if first and self._reads(value, player):
                entries.append(self._entry(player, None, value.location, frozenset({value.id})))
        return entries

    def _reads(self, value: Value, player: Player) -> bool:
        sources = (self._run.values.get(edge.source) for edge in value.inputs)
        return any(
            source is not None
            and source.kind == "parameter"
            and source.parameter in player.parameters
            for source in sources
        )

    def _entry(
        self, player: Player, call: Call | None, place: Location | None, inside: frozenset[int]
    ) -> Entry:
        entering = [
            (edge.source, edge.live)
            for identity in inside
            for edge in self._run.values[identity].inputs
            if edge.source not in inside
            and (source := self._run.values.get(edge.source)) is not None
            and source.kind != "parameter"
        ]
        nobody: frozenset[int] = frozenset()
        made_by = nobody.union(*(self.upstream[source] for source, _ in entering))
        live = nobody.union(*(self.live_upstream[source] for source, live in entering if live))
        partly = nobody.union(*(self._partly.get(source, nobody) for source, _ in entering))
        own = {player.id}
        return Entry(player.id, call, place, made_by - own, live - own, inside, partly - own)

    def in_pass(self, event: Backward) -> list[Entry]:
        """Entries that the roots of a pass were computed through."""
        if event.order not in self._in_pass:
            below = self._flow.below(*event.roots)
            self._in_pass[event.order] = [
                entry for entry in self.entries if not entry.values.isdisjoint(below)
            ]
        return self._in_pass[event.order]

    def heard_in(self, event: Backward, player: int) -> list[Entry]:
        """Calls of the player to whose output the pass brought a gradient; of a player that is no
        module, all its entries."""
        entries = [entry for entry in self.in_pass(event) if entry.player == player]
        called = [entry for entry in entries if entry.call is not None]
        heard = [entry for entry in called if entry.call and entry.call.id in event.signals]
        return heard if called else entries

    def is_reversed(self, event: Backward, entry: Entry, maker: int) -> bool:
        """On its way to the maker this pass turned the gradient's sign, or let nothing through."""
        turned = event.reversed | event.zeroed | event.refused
        return any(
            self._run.values[identity].kind == "function" and maker in self.live_upstream[identity]
            for identity in turned & self._run.values.keys()
            if any(identity in self._flow.below(inside) for inside in entry.values)
        )

    def feeds(self, event: Backward, source: int, target: int) -> bool:
        return any(
            entry.player == target and source in entry.made_by for entry in self.in_pass(event)
        )

    @cached_property
    def fed_by(self) -> dict[int, frozenset[int]]:
        """Per player, all players whose values enter it anywhere."""
        found: dict[int, frozenset[int]] = {player.id: frozenset() for player in self._players}
        for entry in self.entries:
            found[entry.player] |= entry.made_by
        return found

    def is_nominated(self, source: int, target: int) -> bool:
        """The target sees values of the source and also others: only a hint of a discriminator."""
        entries = [entry for entry in self.entries if entry.player == target]
        sees = any(source in entry.made_by for entry in entries)
        return sees and any(entry.shows_others(source) for entry in entries)

    def is_terminal(self, player: int) -> bool:
        """Nobody else is fed by it."""
        return not any(player in makers for makers in self.fed_by.values())
