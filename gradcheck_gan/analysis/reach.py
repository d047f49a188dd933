"""One sweep over the values of a pass instead of one walk for each of its terms."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from gradcheck_gan.run import Value

Parameters = frozenset[int]
T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

NOBODY: Parameters = frozenset()
# More are never told; a bound keeps the sweep linear however many cuts there are. The last is kept:
# only it can lie on every path.
CULPRITS = 64


@dataclass(frozen=True, slots=True)
class Paths:
    """Parameters below a value by what some path to them has: `live` ones carry gradient all the
    way, `nonzero` without a zero derivative; `computed` ones were read while they required
    gradient, `frozen` ones while they did not."""

    nonzero: Parameters
    live: Parameters
    computed: Parameters
    frozen: Parameters


NO_PATHS = Paths(NOBODY, NOBODY, NOBODY, NOBODY)


class Interned(Generic[K]):
    """One object for all that are equal: most values of a graph share theirs with their source."""

    def __init__(self) -> None:
        self._known: dict[K, K] = {}

    def __call__(self, thing: K) -> K:
        return self._known.setdefault(thing, thing)


class Sweep(Generic[T]):
    """What each value knows from its sources, computed once, sources first, without recursion.

    A value's number is larger than those of its sources.
    """

    def __init__(
        self, values: Mapping[int, Value], of: Callable[[Value, Mapping[int, T]], T], none: T
    ) -> None:
        self._values = values
        self._of = of
        self._none = none
        self._found: dict[int, T] = {}
        self.steps = 0

    def at(self, root: int) -> T:
        if root not in self._found:
            for identity in sorted(below(self._values, (root,), self._found)):
                self._found[identity] = self._of(self._values[identity], self._found)
                self.steps += 1
        return self._found.get(root, self._none)


def below(
    values: Mapping[int, Value], roots: Iterable[int], known: Mapping[int, object] = {}
) -> set[int]:
    """Everything that the roots were computed from, themselves included, but nothing known."""
    seen: set[int] = set()
    pending = [root for root in roots if root in values and root not in known]
    while pending:
        identity = pending.pop()
        if identity in seen:
            continue
        seen.add(identity)
        pending.extend(
            edge.source
            for edge in values[identity].inputs
            if edge.source in values and edge.source not in seen and edge.source not in known
        )
    return seen


class PathSweep:
    """`Paths` of every value, for a pass before which parameters were last stepped at `since`."""

    def __init__(self, values: Mapping[int, Value], since: Mapping[int, int]) -> None:
        self._values = values
        self._since = since
        self._sets: Interned[Parameters] = Interned()
        self._paths: Interned[Paths] = Interned()
        self._sweep = Sweep(values, self._of, NO_PATHS)

    def at(self, root: int) -> Paths:
        return self._sweep.at(root)

    def _of(self, value: Value, found: Mapping[int, Paths]) -> Paths:
        sources: list[tuple[bool, Paths]] = []
        for edge in value.inputs:
            source = self._values.get(edge.source)
            if source is None:
                continue
            if source.kind == "parameter" and source.parameter is not None:
                if value.id > self._since.get(source.parameter, 0):
                    sources.append((edge.live, self._read(source.parameter, edge.live)))
            else:
                paths = found.get(edge.source, NO_PATHS)
                if paths is not NO_PATHS:
                    sources.append((edge.live, paths))
        if not sources:
            return NO_PATHS
        if value.live and not value.zero and all(one == sources[0] for one in sources):
            live, paths = sources[0]
            if live:
                return paths  # most values of a graph know just what their sources know
        carrying = [paths for live, paths in sources if live] if value.live else []
        straight = [] if value.zero else carrying
        return self._paths(
            Paths(
                self._joined([paths.nonzero for paths in straight]),
                self._joined([paths.live for paths in carrying]),
                self._joined([paths.computed for _, paths in sources]),
                self._joined([paths.frozen for _, paths in sources]),
            )
        )

    def _read(self, parameter: int, live: bool) -> Paths:
        own = self._sets(frozenset({parameter}))
        return Paths(own, own, own, NOBODY) if live else Paths(NOBODY, NOBODY, NOBODY, own)

    def _joined(self, sets: list[Parameters]) -> Parameters:
        return joined(sets, self._sets)


def joined(sets: list[Parameters], interned: Interned[Parameters]) -> Parameters:
    """The union; where all are the same, that one itself."""
    first = NOBODY
    for found in sets:
        if found and found is not first:
            if first and not found <= first:
                return interned(first.union(*sets))
            first = first or found
    return first


@dataclass(frozen=True, slots=True)
class Met:
    """Whether gradient-carrying paths from the parameters reach a value, and what they meet first
    below it: values that cut or that zero, in the order in which they were computed."""

    carries: bool
    cuts: tuple[int, ...]
    zeros: tuple[int, ...]


NOTHING_MET = Met(False, (), ())


class CulpritSweep:
    """`Met` of every value, for some parameters in one pass."""

    def __init__(
        self, values: Mapping[int, Value], since: Mapping[int, int], parameters: Parameters
    ) -> None:
        self._values = values
        self._since = since
        self._parameters = parameters
        self._met: Interned[Met] = Interned()
        self._sweep = Sweep(values, self._of, NOTHING_MET)

    def at(self, root: int) -> Met:
        return self._sweep.at(root)

    def _of(self, value: Value, found: Mapping[int, Met]) -> Met:
        below = [found.get(edge.source, NOTHING_MET) for edge in value.inputs]
        met = [one for one in below if one is not NOTHING_MET]
        reached = any(
            edge.live and (one.carries or self._reads(edge.source, value))
            for edge, one in zip(value.inputs, below, strict=True)
        )
        if not met and not reached:
            return NOTHING_MET
        carries = reached and value.live and not value.zero
        if len(met) == 1 and met[0].carries == carries == reached:
            return met[0]
        own = (value.id,) if reached and not carries else ()
        cuts = first_few([one.cuts for one in met] + ([] if value.live else [own]))
        zeros = first_few([one.zeros for one in met] + ([own] if value.live else []))
        return self._met(Met(carries, cuts, zeros))

    def _reads(self, source: int, reader: Value) -> bool:
        leaf = self._values.get(source)
        if leaf is None or leaf.kind != "parameter" or leaf.parameter not in self._parameters:
            return False
        return reader.id > self._since.get(leaf.parameter, 0)


def first_few(groups: list[tuple[int, ...]]) -> tuple[int, ...]:
    found = [group for group in groups if group]
    if all(group == found[0] for group in found):
        return found[0] if found else ()
    every = sorted({one for group in found for one in group})
    return tuple(every if len(every) <= CULPRITS else [*every[: CULPRITS - 1], every[-1]])
