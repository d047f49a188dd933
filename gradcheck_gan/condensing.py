"""A run whose value graph is condensed to a bounded size, for keeping."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace

from gradcheck_gan.run import Backward, Call, Edge, Event, Run, Step, Value

LIMIT = 20_000


def condensed(run: Run, limit: int = LIMIT) -> Run:
    """The run as it is, or, if it has more than `limit` values, with like values made one.

    Values are alike if they were made at the same place of the program, by the same way through
    the modules, between the same two steps, with the same fate of their gradient. Where that ties
    values into a circle, as in a loop, the circle becomes one value, too. What the loss was
    computed from stays what it was; how often a loop ran is lost.
    """
    if len(run.values) <= limit:
        return run
    group = _numbered(run, _alike(run))
    members: dict[int, list[Value]] = {}
    for identity, value in run.values.items():
        members.setdefault(group[identity], []).append(value)
    return replace(
        run,
        values={into: _one(into, alike, group) for into, alike in sorted(members.items())},
        calls={identity: _call(call, group) for identity, call in run.calls.items()},
        events=tuple(_event(event, group) for event in run.events),
        overwrites=tuple(
            replace(write, memory=group.get(write.memory, write.memory)) for write in run.overwrites
        ),
    )


def _one(into: int, alike: list[Value], group: Mapping[int, int]) -> Value:
    """One value for all of these; a cut among them is what counts."""
    shown = max(alike, key=lambda value: (value.cut is not None, value.zero, value.id))
    edges = (
        Edge(group[edge.source], edge.live)
        for value in alike
        for edge in value.inputs
        if group.get(edge.source, into) != into
    )
    guessed = {group[one] for value in alike for one in value.guessed if one in group}
    depth = max(value.depth for value in alike)
    inputs = tuple(dict.fromkeys(edges))
    return replace(
        shown,
        id=into,
        inputs=inputs,
        guessed=tuple(sorted(guessed)),
        depth=depth,
        memory=group.get(shown.memory, shown.memory),
        keeps=_new(shown.keeps, group),
    )


def _alike(run: Run) -> dict[int, int]:
    """Every value to the last one that is like it."""
    times = _times(run)
    ways: dict[int | None, Hashable] = {None: ()}
    kept = _kept(run)
    last: dict[Hashable, int] = {}
    keys: dict[int, Hashable] = {}
    for identity, value in run.values.items():
        keys[identity] = key = (
            bisect_left(times, identity),
            _way(run, value.call, ways),
            value.location,
            value.name,
            value.kind,
            value.live,
            value.cut,
            value.zero,
            value.parameter,
            value.scale,
            identity if identity in kept else None,
        )
        last[key] = max(identity, last.get(key, identity))
    return {identity: last[key] for identity, key in keys.items()}


def _times(run: Run) -> list[int]:
    """When passes and steps were: values are never one across these."""
    return [event.order for event in run.events if isinstance(event, (Backward, Step))]


def _kept(run: Run) -> frozenset[int]:
    """Values that passes speak of stay themselves."""
    passes = [event for event in run.events if isinstance(event, Backward)]
    return frozenset(
        identity for event in passes for identity in (*event.roots, *event.inputs, *event.seed)
    )


def _way(run: Run, call: int | None, ways: dict[int | None, Hashable]) -> Hashable:
    """The modules that lead to a call, and where each was called."""
    pending: list[int] = []
    while call is not None and call not in ways and call in run.calls:
        pending.append(call)
        call = run.calls[call].parent
    way = ways.get(call, ())
    for inner in reversed(pending):
        way = ways[inner] = hash((way, run.calls[inner].module, run.calls[inner].location))
    return way


def _numbered(run: Run, group: Mapping[int, int]) -> dict[int, int]:
    """Every value to the number of the one that stands for it.

    Circles are joined, and numbers still grow from what is computed first to what comes of it.
    """
    below: dict[int, dict[int, None]] = {}
    for identity, value in run.values.items():
        inputs = below.setdefault(group[identity], {})
        inputs.update((group[edge.source], None) for edge in value.inputs if edge.source in group)
    turn = _components(below)
    greatest: dict[int, int] = {}
    for node, ordinal in turn.items():
        greatest[ordinal] = max(node, greatest.get(ordinal, node))
    times = _times(run)
    between: dict[int, list[int]] = {}
    for ordinal, node in sorted(greatest.items()):
        between.setdefault(bisect_left(times, node), []).append(ordinal)
    number: dict[int, int] = {}
    for ordinals in between.values():
        number.update(zip(ordinals, sorted(greatest[one] for one in ordinals), strict=True))
    return {identity: number[turn[into]] for identity, into in group.items()}


def _components(below: Mapping[int, Iterable[int]]) -> dict[int, int]:
    """Every node to its strongly connected component, numbered from the inputs on.

    Tarjan's algorithm (1972), without recursion.
    """
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    component: dict[int, int] = {}
    stack: list[int] = []
    closed = 0
    for start in below:
        work = [(start, iter(below[start]))] if start not in index else []
        while work:
            node, rest = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                stack.append(node)
            following = next((one for one in rest if one not in component), None)
            if following is not None:
                if following in index:
                    low[node] = min(low[node], index[following])
                else:
                    work.append((following, iter(below[following])))
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == index[node]:
                component |= dict.fromkeys(_popped(stack, node), closed)
                closed += 1
    return component


def _popped(stack: list[int], last: int) -> list[int]:
    members = [stack.pop()]
    while members[-1] != last:
        members.append(stack.pop())
    return members


def _call(call: Call, group: Mapping[int, int]) -> Call:
    return replace(call, inputs=_new(call.inputs, group), outputs=_new(call.outputs, group))


def _event(event: Event, group: Mapping[int, int]) -> Event:
    if not isinstance(event, Backward):
        return event
    return replace(
        event,
        roots=_new(event.roots, group),
        inputs=_new(event.inputs, group),
        seed=_new(event.seed, group),
    )


def _new(identities: Iterable[int], group: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(group.get(identity, identity) for identity in identities))
