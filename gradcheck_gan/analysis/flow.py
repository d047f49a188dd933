"""How gradient could flow: from parameters to a loss in the value graph, past cuts and zeros."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from gradcheck_gan.analysis.reach import (
    NOBODY,
    CulpritSweep,
    Interned,
    PathSweep,
    Sweep,
    below,
    first_few,
    joined,
)
from gradcheck_gan.run import Backward, Run, Step, Value

# Of the sets below some values, which can be as large as the graph.
REMEMBERED = 64
CHOOSY = 32
"""Roots of one pass for which a choice is made among several cuts: each takes a walk of its own."""

LinkKind = Literal["live", "zero", "cut", "frozen", "guessed", "none"]


@dataclass(frozen=True, slots=True)
class Reached:
    """Parameters below one value, by the best path that leads up to it.

    `live` ones have an unbroken gradient path without a zero derivative, `zero` ones only through a
    zero, `cut` ones a value path only, `frozen` ones were read while they required no gradient,
    `guessed` ones are joined only by numbers that left autograd nearby.
    """

    live: frozenset[int]
    zero: frozenset[int]
    cut: frozenset[int]
    frozen: frozenset[int]
    guessed: frozenset[int]


@dataclass(frozen=True, slots=True)
class Link:
    """How a group of parameters is joined to a loss; `culprits` are values, the one that gradient
    gets furthest to first: statistics and samples taken on the way are cut early, and rightly."""

    kind: LinkKind
    culprits: tuple[Value, ...] = ()


class Flow:
    """What leads to which value. Links older than the last step do not count."""

    def __init__(self, run: Run) -> None:
        self._values = run.values
        self._since, self._since_before = _last_steps(run)
        self._paths: dict[int, PathSweep] = {}
        self._earlier: dict[int, PathSweep] = {}
        self._met: dict[tuple[int, frozenset[int]], CulpritSweep] = {}
        self._looked: dict[tuple[int, frozenset[int]], int] = {}
        self._guessed: dict[int, Sweep[frozenset[int]]] = {}
        self._sets: Interned[frozenset[int]] = Interned()
        self._below: dict[tuple[int, ...], frozenset[int]] = {}
        self._rebuilds = any(value.kind == "rebuild" for value in run.values.values())
        self._guesses_made = any(value.guessed for value in run.values.values())

    def value(self, identity: int) -> Value | None:
        return self._values.get(identity)

    def below(self, *roots: int) -> frozenset[int]:
        """Everything that the values were computed from, themselves included."""
        if roots not in self._below:
            if len(self._below) >= REMEMBERED:
                del self._below[next(iter(self._below))]
            self._below[roots] = frozenset(below(self._values, roots))
        return self._below[roots]

    def between(self, value: int, roots: Iterable[int]) -> list[Value]:
        """Values computed from `value` on the way to the roots, in order."""
        found = {value}
        way: list[Value] = []
        for identity in sorted(self.below(*roots)):
            candidate = self._values[identity]
            if any(edge.source in found for edge in candidate.inputs):
                found.add(identity)
                way.append(candidate)
        return way

    def reached(self, root: int, event: Backward) -> Reached:
        paths = self._paths_of(event).at(root)
        zero = paths.live - paths.nonzero
        cut = paths.computed - paths.live
        known = paths.live | cut
        guessed = self._guessed_below(root, event) - known
        return Reached(paths.nonzero, zero, cut, paths.frozen - known, guessed)

    def cut(self, root: int, event: Backward) -> frozenset[int]:
        """Parameters that a value was computed from without a gradient path, be it with the values
        that they had before their last step: fakes that a discriminator judges after the
        generator's step. Rules do not rest on it: what is older trains nobody anyway."""
        if event.order not in self._earlier:
            sweep = PathSweep(self._values, self._since_before[event.order])
            self._earlier[event.order] = sweep
        paths = self._earlier[event.order].at(root)
        return paths.computed - paths.live

    def _paths_of(self, event: Backward) -> PathSweep:
        if event.order not in self._paths:
            sweep = PathSweep(self._values, self._since[event.order])
            self._paths[event.order] = sweep
        return self._paths[event.order]

    def _guessed_below(self, root: int, event: Backward) -> frozenset[int]:
        if not self._guesses_made:
            return NOBODY
        if event.order not in self._guessed:
            paths = self._paths_of(event)

            def of(value: Value, found: Mapping[int, frozenset[int]]) -> frozenset[int]:
                sets = [found.get(edge.source, NOBODY) for edge in value.inputs]
                sets += [paths.at(guess).computed for guess in value.guessed]
                return joined(sets, self._sets)

            self._guessed[event.order] = Sweep(self._values, of, NOBODY)
        return self._guessed[event.order].at(root)

    def link(self, roots: Iterable[int], event: Backward, parameters: frozenset[int]) -> Link:
        """The best way in which any of the parameters is joined to any of the roots."""
        roots = [root for root in roots if root in self._values]
        reached = [self.reached(root, event) for root in roots]
        if any(found.live & parameters for found in reached):
            return Link("live")
        kinds: tuple[LinkKind, ...] = ("zero", "cut")
        for kind in kinds:
            if any(getattr(found, kind) & parameters for found in reached):
                return Link(kind, self._culprits(roots, event, parameters, kind))
        if any(found.frozen & parameters for found in reached):
            return Link("frozen")
        if any(found.guessed & parameters for found in reached):
            return Link("guessed", self._guesses(roots, event, parameters))
        return Link("none")

    def _culprits(
        self, roots: list[int], event: Backward, parameters: frozenset[int], kind: LinkKind
    ) -> tuple[Value, ...]:
        """Cuts or zeros that gradient-carrying paths from the parameters meet first."""
        key = event.order, parameters
        if key not in self._met:
            self._met[key] = CulpritSweep(self._values, self._since[event.order], parameters)
        met = [self._met[key].at(root) for root in roots]
        found = first_few([one.zeros if kind == "zero" else one.cuts for one in met])
        looked = self._looked[key] = self._looked.get(key, 0) + (len(found) > 1)
        if len(found) > 1 and looked <= CHOOSY:
            found = self._chosen(found, roots, event, parameters)
        return tuple(self._values[identity] for identity in reversed(found))

    def _chosen(
        self, found: tuple[int, ...], roots: list[int], event: Backward, parameters: frozenset[int]
    ) -> tuple[int, ...]:
        """The one that every path meets; else those with no other one behind them on every way,
        since mending any other mends nothing."""
        if self.bars(found[-1], tuple(roots), event, parameters):
            return found[-1:]
        return tuple(sorted(self._open(roots).intersection(found))) or found

    def _open(self, roots: list[int]) -> set[int]:
        """Values from which some way to a root meets no further cut or zero."""
        seen: set[int] = set()
        pending = list(roots)
        while pending:
            identity = pending.pop()
            value = self._values.get(identity)
            if value is None or identity in seen:
                continue
            seen.add(identity)
            if value.cut is None and not value.zero:
                pending.extend(edge.source for edge in value.inputs)
        return seen

    def bars(
        self, bar: int, roots: tuple[int, ...], event: Backward, parameters: frozenset[int]
    ) -> bool:
        """Whether every path from the parameters to the roots, cut or not, runs through a value."""
        since = self._since[event.order]
        reached: set[int] = set()
        for identity in sorted(self.below(*roots) - {bar}):
            for edge in self._values[identity].inputs:
                source = self._values.get(edge.source)
                if source is not None and source.parameter in parameters:
                    fresh = source.kind == "parameter" and identity > since.get(source.parameter, 0)
                else:
                    fresh = edge.source in reached
                if fresh:
                    reached.add(identity)
                    break
        return reached.isdisjoint(roots)

    def _guesses(
        self, roots: list[int], event: Backward, parameters: frozenset[int]
    ) -> tuple[Value, ...]:
        """Rebuilt tensors whose guessed origins lead to the parameters."""
        paths = self._paths_of(event)
        return tuple(
            value
            for identity in sorted(self.below(*roots))
            if (value := self._values[identity]).guessed
            and any(paths.at(guess).computed & parameters for guess in value.guessed)
        )

    def rebuilt_after(self, cut: Value, roots: Iterable[int]) -> Value | None:
        """The tensor rebuilt outside autograd, if every way from the cut to the roots does so."""
        if cut.kind == "rebuild" or not self._rebuilds:
            return cut if cut.kind == "rebuild" else None
        roots = tuple(roots)
        tainted = {cut.id}
        rebuilt: Value | None = None
        for identity in sorted(self.below(*roots)):
            value = self._values[identity]
            if any(edge.source in tainted for edge in value.inputs):
                if value.kind == "rebuild" and rebuilt is None:
                    rebuilt = value
                elif value.kind != "rebuild":
                    tainted.add(identity)
        return None if any(root in tainted for root in roots) else rebuilt


_Steps = dict[int, dict[int, int]]


def _last_steps(run: Run) -> tuple[_Steps, _Steps]:
    """For every pass: when each parameter was last stepped before it, and the time before that.

    A step that finds no gradient in a parameter leaves it as it is.
    """
    last: dict[int, int] = {}
    before: dict[int, int] = {}
    snapshots: tuple[_Steps, _Steps] = ({}, {})
    for event in run.events:
        if isinstance(event, Step) and not event.skipped:
            stepped = [p for p, state in event.gradients.items() if state != "none"]
            before = {**before, **{p: last[p] for p in stepped if p in last}}
            last = {**last, **dict.fromkeys(stepped, event.order)}
        elif isinstance(event, Backward):
            snapshots[0][event.order], snapshots[1][event.order] = last, before
    return snapshots
