"""The values that a loss was computed from, and which of them its gradient reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gradcheck_gan.analysis.reach import NOBODY, Interned, joined
from gradcheck_gan.run import Backward, Location, Run, Value


@dataclass(frozen=True, slots=True)
class Slice:
    """What one backward pass could have walked.

    `order` lists sources before results. `arrives` are the values that the gradient reaches.
    `severed` need no gradient although they were computed from values that do. In `zeros` it
    becomes zero, by definition or as measured. `refused` are the inputs that a custom function
    returned None for, as result and source.
    """

    order: tuple[int, ...]
    arrives: frozenset[int]
    severed: frozenset[int]
    zeros: frozenset[int]
    refused: frozenset[tuple[int, int]]

    def refuses(self, value: Value) -> bool:
        """Whether nothing at all comes out of the backward of this custom function."""
        if not any(result == value.id for result, _ in self.refused):
            return False  # and so for nearly all, of which some have very many inputs
        live = [(value.id, edge.source) for edge in value.inputs if edge.live]
        return bool(live) and self.refused.issuperset(live)

    def is_data(self, value: Value) -> bool:
        return not value.live and value.id not in self.severed


def is_line(place: Location | None, named: str) -> bool:
    """Whether a place is at `LINE` or `FILE:LINE`; the end of a path is enough."""
    if place is None or not named:
        return False
    return named == str(place.line) or f"/{place}".endswith(f"/{named}")


def sources(value: Value) -> Iterable[int]:
    yield from (edge.source for edge in value.inputs)
    yield from value.guessed


def ordered(run: Run, roots: Iterable[int], since: int = 0) -> tuple[int, ...]:
    """Every value that the roots were computed from, sources first, without recursion.

    Of what was computed before `since` only a graph that was kept remains: the rest is the history
    of running statistics.
    """
    order: list[int] = []
    seen: set[int] = set()
    for root in roots:
        pending = [(root, False)]
        while pending:
            current, finished = pending.pop()
            if finished:
                order.append(current)
            elif current in run.values and current not in seen:
                if current < since and run.values[current].inputs and not run.values[current].live:
                    continue
                seen.add(current)
                pending.append((current, True))
                pending.extend((source, False) for source in sources(run.values[current]))
    return tuple(order)


def _iteration_start(run: Run, event: Backward) -> int:
    """The same backward call of the iteration before, if there was one."""
    before = [
        other.order
        for other in run.events
        if isinstance(other, Backward) and other.site == event.site and other.round < event.round
    ]
    return max(before, default=0)


def slice_of(run: Run, event: Backward, culprits: frozenset[tuple[str, int]]) -> Slice:
    order = ordered(run, event.roots, _iteration_start(run, event))
    live = (run.values[one] for one in order if run.values[one].live)
    zeros = {one.id for one in live if one.zero or one.id in event.zeroed}
    zeros.update(_vanished(run, event, order, culprits))
    refused = frozenset(_refused(run, event, order))
    arrives = frozenset(_arrives(run, event, order, zeros, refused))
    return Slice(order, arrives, _severed(run, order, culprits), frozenset(zeros), refused)


def _arrives(
    run: Run,
    event: Backward,
    order: tuple[int, ...],
    zeros: set[int],
    refused: frozenset[tuple[int, int]],
) -> set[int]:
    reached = {root for root in event.roots if root in run.values and run.values[root].live}
    for current in reversed(order):
        value = run.values[current]
        if current in reached and value.live and current not in zeros:
            for edge in value.inputs:
                if edge.live and (current, edge.source) not in refused:
                    reached.add(edge.source)
    return reached


def _vanished(
    run: Run, event: Backward, order: tuple[int, ...], culprits: frozenset[tuple[str, int]]
) -> Iterator[int]:
    """The first value on a finding's line behind which every parameter got only zeros."""
    zeros = {parameter for parameter, deposit in event.deposits.items() if deposit.zero}
    if not zeros:
        return
    held = _held(run, order)
    for current in reversed(order):
        value = run.values[current]
        accused = value.kind != "parameter" and line_of(value.location) in culprits
        if accused and value.live and held[current] and held[current] <= zeros:
            yield current
            return


def _refused(run: Run, event: Backward, order: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Of the inputs of a function that returned None, those behind which nothing arrived."""
    refusing = event.refused.intersection(order)
    held = _held(run, order) if refusing else {}
    for current in refusing:
        live = [edge.source for edge in run.values[current].inputs if edge.live]
        for source in live:
            if len(live) == 1 or held.get(source, NOBODY).isdisjoint(event.deposits):
                yield current, source


def _held(run: Run, order: tuple[int, ...]) -> dict[int, frozenset[int]]:
    """Per value, the parameters that it was computed from."""
    interned: Interned[frozenset[int]] = Interned()
    held: dict[int, frozenset[int]] = {}
    for current in order:
        value = run.values[current]
        below = [held.get(source, NOBODY) for source in sources(value)]
        own = () if value.parameter is None else (frozenset({value.parameter}),)
        held[current] = joined([*below, *own], interned)
    return held


def _severed(
    run: Run, order: tuple[int, ...], culprits: frozenset[tuple[str, int]]
) -> frozenset[int]:
    severed: set[int] = set()
    for current in order:
        value = run.values[current]
        if value.live:
            continue
        lost = any(edge.live or edge.source in severed for edge in value.inputs)
        guessed = any(
            source in severed or (source in run.values and run.values[source].live)
            for source in value.guessed
        )
        if (lost or guessed) and not _is_housekeeping(run, value, severed, culprits):
            severed.add(current)
    return frozenset(severed)


def _is_housekeeping(
    run: Run, value: Value, severed: set[int], culprits: frozenset[tuple[str, int]]
) -> bool:
    """A layer that reads its own weights without gradient and still returns a live output.

    Spectral norm does so in every call; drawing it as a cut would hide the real ones.
    """
    if value.call is None or value.call not in run.calls or value.guessed:
        return False
    if any(line_of(place) in culprits for place in places(value)):
        return False
    for edge in value.inputs:
        source = run.values.get(edge.source)
        if edge.source in severed or (edge.live and (source is None or source.kind != "parameter")):
            return False
    outputs = (run.values.get(output) for output in run.calls[value.call].outputs)
    return any(output is not None and output.live for output in outputs)


def places(value: Value) -> tuple[Location, ...]:
    return tuple(place for place in (value.location, value.region) if place is not None)


def line_of(place: Location | None) -> tuple[str, int] | None:
    return (place.file, place.line) if place is not None else None
