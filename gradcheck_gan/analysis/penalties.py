"""Gradient penalties: terms that come from a player only through results of autograd.grad."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gradcheck_gan.analysis.flow import Link
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.reach import NOBODY, Interned, Sweep, joined
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.terms import Term
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.run import Backward, Location, Value

_NO_GRAPH = "does not require grad"
"""From torch's message for a loss that no parameter can be reached from."""

_ANOTHER_WAY = frozenset({-1})
"""Stands for the slopes of what also comes from a player by operations that carry gradient."""

Slope = tuple[Value, Backward]
"""A gradient and the call of autograd.grad that gave it."""


@dataclass(frozen=True, slots=True)
class IdlePenalty:
    """A penalty that reached no optimizer's parameter, in any round, and the step behind it.

    `slope` is the gradient that it was made of, `taken` the call of autograd.grad that gave it,
    `link` how the player's parameters are joined to the penalty. `alone` penalties have a pass of
    their own, but for terms with weight 0.
    """

    update: Update
    event: Backward
    term: Term
    slope: Value
    taken: Backward
    link: Link
    alone: bool

    @property
    def player(self) -> Player:
        return self.update.player


def idle_penalties(study: Study) -> list[IdlePenalty]:
    """One for every update that stands behind such a penalty, of the player that it is made of."""
    finder = _Finder(study)
    found = [idle for update in study.updates for idle in finder.of_update(update)]
    return [idle for idle in found if (idle.event.site, idle.taken.location) not in finder.works]


@dataclass(frozen=True, slots=True)
class CrashedPenalty:
    """A pass that failed because all that it was for are slopes without a graph."""

    event: Backward
    term: Term
    taken: Backward
    player: Player


def crashed_penalty(study: Study) -> CrashedPenalty | None:
    failed = [e for e in study.ledger.passes.values() if e.error and _NO_GRAPH in e.error]
    if not failed:
        return None
    event, finder = failed[-1], _Finder(study)
    made = [(term, finder.slopes(term)) for term in study.terms(event)]
    taken = [call for _, slopes in made for _, call in slopes]
    if not all(slopes for _, slopes in made) or any(call.create_graph for call in taken):
        return None
    links = [(player, study.link(event, player)) for player in study.players if player.optimizers]
    behind = [
        player
        for player, link in links
        if link.culprits and all(value.cut == "grad" for value in link.culprits)
    ]
    if not taken or not behind:
        return None
    return CrashedPenalty(event, made[0][0], taken[0], _judging(study, behind)[0])


class _Finder:
    """`works` holds penalties, by the site of their pass and their slope, that train somebody."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self.works: set[tuple[str, Location | None]] = set()
        self._owned = frozenset[int]().union(
            *(player.parameters for player in study.players if player.optimizers)
        )
        self._taken = [e for e in study.ledger.passes.values() if e.kind == "grad"]
        self._sets: Interned[frozenset[int]] = Interned()
        self._made_of = Sweep(study.run.values, self._slopes_below, NOBODY)
        self._filled: dict[str, set[int]] = defaultdict(set)
        for event in study.ledger.passes.values():
            self._filled[event.site].update(event.deposits)

    def of_update(self, update: Update) -> Iterator[IdlePenalty]:
        for event in self._study.own_passes(update):
            # Where a later loss was computed from what the pass brought, that was its purpose.
            if event.traced and event.error is None and event.order not in self._study.run.values:
                made = [(term, self.slopes(term)) for term in self._study.terms(event)]
                alone = all(slopes for _, slopes in made)
                weighed_alone = all(slopes for term, slopes in made if term.weight)
                for term, slopes in made:
                    if slopes and term.weight and self._is_meant_for(update, event, term):
                        judged = self._judged(update, event, term, slopes, alone)
                        yield from (replace(idle, alone=weighed_alone) for idle in judged)

    def slopes(self, term: Term) -> list[Slope]:
        """The gradients that the term is made of; none if it comes from a player in another way."""
        if not self._taken:
            return []
        found = self._made_of.at(term.value.id)
        if found is _ANOTHER_WAY:
            return []
        values = (self._study.run.values[identity] for identity in sorted(found))
        return [(value, call) for value in values if (call := self._call_of(value)) is not None]

    def _slopes_below(self, value: Value, found: Mapping[int, frozenset[int]]) -> frozenset[int]:
        if value.kind == "parameter" and value.parameter in self._owned:
            return _ANOTHER_WAY
        if self._call_of(value) is not None:
            return frozenset({value.id})
        sets = [found.get(edge.source, NOBODY) for edge in value.inputs]
        if any(each is _ANOTHER_WAY for each in sets):
            return _ANOTHER_WAY
        return joined(sets, self._sets)

    def _call_of(self, value: Value) -> Backward | None:
        """The call of autograd.grad that gave a value: the last one before it."""
        if value.kind != "grad" or value.name != "autograd.grad":
            return None
        at = bisect_left(self._taken, value.id, key=lambda event: event.order)
        return self._taken[at - 1] if at else None

    def _judged(
        self, update: Update, event: Backward, term: Term, slopes: list[Slope], alone: bool
    ) -> Iterator[IdlePenalty]:
        """By deposits if the pass holds nothing else, by the paths in the record if it does."""
        flow, values = self._study.flow, self._study.run.values
        live = flow.reached(term.value.id, event).live
        got = self._filled[event.site] if alone else live
        weighed = any(
            values[seed].live for _, taken in slopes for seed in taken.seed if seed in values
        )
        if weighed or got & self._owned:
            self.works.update((event.site, taken.location) for _, taken in slopes)
            return
        slope, taken = min(slopes, key=lambda each: (each[1].create_graph, each[0].id))
        link = flow.link([term.value.id], event, update.player.parameters)
        yield IdlePenalty(update, event, term, slope, taken, link, alone)

    def _is_meant_for(self, update: Update, event: Backward, term: Term) -> bool:
        """The player whose slope it is; where that is nobody who steps, the only one who does."""
        reached = self._study.flow.reached(term.value.id, event)
        behind = reached.live | reached.zero | reached.cut | reached.frozen
        steps = {step.order for step in update.block.steps}
        stepping = [other.player for other in self._study.updates if other.step.order in steps]
        sources = _judging(self._study, [p for p in stepping if p.parameters & behind])
        names = {player.id for player in sources or stepping}
        return update.player.id in names and (bool(sources) or len(names) == 1)


def _judging(study: Study, players: list[Player]) -> list[Player]:
    """Where fakes are judged, the slope is the judge's and not their maker's."""
    fed = study.meetings.fed_by
    makers = {p.id for p in players for q in players if q.id != p.id and p.id in fed[q.id]}
    return [player for player in players if player.id not in makers] or players
