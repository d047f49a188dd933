"""How gradient could flow: paths from parameters to a loss in the value graph, cuts and zeros."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from gradcheck_gan.run import Backward, Run, Step, Value

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
    """How a group of parameters is joined to a loss; `culprits` are values, nearest first."""

    kind: LinkKind
    culprits: tuple[Value, ...] = ()


class Flow:
    """Walks of the value graph, all iterative. Links older than the last step do not count."""

    def __init__(self, run: Run) -> None:
        self._values = run.values
        self._since = _last_steps(run)
        self._reached: dict[tuple[int, int], Reached] = {}
        self._below: dict[int, frozenset[int]] = {}

    def value(self, identity: int) -> Value | None:
        return self._values.get(identity)

    def below(self, root: int) -> frozenset[int]:
        """Everything that a value was computed from, itself included."""
        if root not in self._below:
            seen: set[int] = set()
            pending = [root]
            while pending:
                identity = pending.pop()
                value = self._values.get(identity)
                if value is not None and identity not in seen:
                    seen.add(identity)
                    pending.extend(edge.source for edge in value.inputs)
            self._below[root] = frozenset(seen)
        return self._below[root]

    def reached(self, root: int, event: Backward) -> Reached:
        key = (root, event.order)
        if key not in self._reached:
            live = self._leaves(root, event, live=True, zeros=False)
            zero = self._leaves(root, event, live=True, zeros=True) - live
            cut = self._leaves(root, event, live=False, zeros=True) - live - zero
            frozen = self._leaves(root, event, live=False, zeros=True, frozen=True)
            known = live | zero | cut
            guessed = self._guessed_leaves(root, event) - known
            self._reached[key] = Reached(live, zero, cut, frozen - known, guessed)
        return self._reached[key]

    def _leaves(
        self, root: int, event: Backward, *, live: bool, zeros: bool, frozen: bool = False
    ) -> frozenset[int]:
        """Parameters below a value along edges that carry gradient, or along any edge."""
        since = self._since[event.order]
        found: set[int] = set()
        seen = {root}
        pending = [root]
        while pending:
            value = self._values.get(pending.pop())
            if value is None or (live and not value.live) or (value.zero and not zeros):
                continue
            for edge in value.inputs:
                source = self._values.get(edge.source)
                if source is None or (live and not edge.live):
                    continue
                if source.parameter is not None and source.kind == "parameter":
                    fresh = value.id > since.get(source.parameter, 0)
                    if fresh and edge.live is not frozen:
                        found.add(source.parameter)
                elif edge.source not in seen:
                    seen.add(edge.source)
                    pending.append(edge.source)
        return frozenset(found)

    def _guessed_leaves(self, root: int, event: Backward) -> frozenset[int]:
        guesses = {g for value in self.below(root) for g in self._values[value].guessed}
        found: set[int] = set()
        for guess in guesses:
            found |= self._leaves(guess, event, live=False, zeros=True)
        return frozenset(found)

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
        inside = frozenset[int]().union(*(self.below(root) for root in roots))
        since = self._since[event.order]
        carrying: set[int] = set()
        culprits: list[Value] = []
        for identity in sorted(inside):
            value = self._values[identity]
            if not any(
                edge.live and self._carries(edge.source, value, carrying, parameters, since)
                for edge in value.inputs
            ):
                continue
            if value.live and not value.zero:
                carrying.add(identity)
            elif (value.zero and value.live) == (kind == "zero"):
                culprits.append(value)
        return tuple(culprits)

    def _carries(
        self,
        source: int,
        reader: Value,
        carrying: set[int],
        parameters: frozenset[int],
        since: Mapping[int, int],
    ) -> bool:
        if source in carrying:
            return True
        leaf = self._values.get(source)
        if leaf is None or leaf.kind != "parameter" or leaf.parameter not in parameters:
            return False
        return reader.id > since.get(leaf.parameter, 0)

    def _guesses(
        self, roots: list[int], event: Backward, parameters: frozenset[int]
    ) -> tuple[Value, ...]:
        """Rebuilt tensors whose guessed origins lead to the parameters."""
        inside = frozenset[int]().union(*(self.below(root) for root in roots))
        return tuple(
            value
            for identity in sorted(inside)
            if (value := self._values[identity]).guessed
            and any(
                self._leaves(guess, event, live=False, zeros=True) & parameters
                for guess in value.guessed
            )
        )

    def rebuilt_after(self, cut: Value, roots: Iterable[int]) -> Value | None:
        """The tensor rebuilt outside autograd, if every way from the cut to the roots does so."""
        inside = frozenset[int]().union(*(self.below(root) for root in roots))
        tainted = {cut.id}
        rebuilt: Value | None = cut if cut.kind == "rebuild" else None
        for identity in sorted(inside):
            value = self._values[identity]
            if any(edge.source in tainted for edge in value.inputs):
                if value.kind == "rebuild" and rebuilt is None:
                    rebuilt = value
                elif value.kind != "rebuild":
                    tainted.add(identity)
        if cut.kind == "rebuild":
            return cut
        return None if any(root in tainted for root in roots) else rebuilt

    def between(self, value: int, roots: Iterable[int]) -> list[Value]:
        """Values computed from `value` on the way to the roots, in order."""
        inside = frozenset[int]().union(*(self.below(root) for root in roots))
        found = {value}
        way: list[Value] = []
        for identity in sorted(inside):
            candidate = self._values[identity]
            if any(edge.source in found for edge in candidate.inputs):
                found.add(identity)
                way.append(candidate)
        return way


def _last_steps(run: Run) -> dict[int, dict[int, int]]:
    """For every pass: when each parameter was last stepped before it."""
    stepped: dict[int, int] = {}
    snapshots: dict[int, dict[int, int]] = {}
    for event in run.events:
        if isinstance(event, Step) and not event.skipped:
            stepped = {**stepped, **dict.fromkeys(event.gradients, event.order)}
        elif isinstance(event, Backward):
            snapshots[event.order] = stepped
    return snapshots
