"""Optimizers of single parameters that hooks step inside a backward pass, gathered to players'."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace

from gradcheck_gan.run import Backward, Event, Optimizer, Run, Step

_Key = tuple[int | None, frozenset[str]]


def gathered(run: Run, hooked: frozenset[int]) -> Run:
    """Those of one module that step in the same passes become one optimizer, and what they do in
    one pass one step behind it.

    `hooked` are optimizers whose every parameter has a hook of the script's.
    """
    groups = _groups(run, hooked)
    whole = {identity: min(group) for group in groups for identity in group}
    optimizers = {i: held for i, held in run.optimizers.items() if whole.get(i, i) == i}
    for group in groups:
        optimizers[min(group)] = _one_of([run.optimizers[identity] for identity in sorted(group)])
    return replace(run, optimizers=optimizers, events=tuple(_events(run.events, whole)))


def _groups(run: Run, hooked: frozenset[int]) -> list[set[int]]:
    sites = {event.order: event.site for event in run.events if isinstance(event, Backward)}
    steps: dict[int, list[Step]] = defaultdict(list)
    for event in run.events:
        if isinstance(event, Step):
            steps[event.optimizer].append(event)
    groups: dict[_Key, set[int]] = defaultdict(set)
    for identity in hooked & run.optimizers.keys():
        within = [step.inside for step in steps[identity] if step.inside is not None]
        if len(within) == len(steps[identity]):
            site = frozenset(sites[order] for order in within if order in sites)
            groups[_module_of(run, run.optimizers[identity]), site].add(identity)
    return list(groups.values())


def _module_of(run: Run, held: Optimizer) -> int | None:
    """The largest module that is called and holds all its parameters."""
    called = [m for m in run.modules.values() if m.called and held.parameters <= m.parameters]
    largest = max(called, key=lambda module: (len(module.parameters), -module.id), default=None)
    return None if largest is None else largest.id


def _one_of(parts: list[Optimizer]) -> Optimizer:
    if len(parts) == 1:
        return parts[0]
    collections = {part.name.partition("[")[0] for part in parts if "[" in part.name}
    several = f"{parts[0].name} and {len(parts) - 1} more"
    return replace(
        parts[0],
        name=f"{collections.pop()}[...]" if len(collections) == 1 else several,
        parameters=frozenset[int]().union(*(part.parameters for part in parts)),
        duplicates=frozenset[int]().union(*(part.duplicates for part in parts)),
    )


def _events(events: Iterable[Event], whole: dict[int, int]) -> Iterator[Event]:
    """What was cleared right behind a step is told of by the next event that is no part of it."""
    waiting: list[Step] = []
    late: frozenset[int] = frozenset()
    for event in events:
        inside = event.inside if isinstance(event, Step) else None
        if waiting and inside != waiting[0].inside:
            late |= yield from _behind(waiting, whole)
            waiting = []
        if isinstance(event, Step) and inside is not None:
            waiting.append(event)
        elif late and isinstance(event, (Backward, Step)):
            yield replace(event, cleared=event.cleared | late)
            late = frozenset()
        else:
            yield event
    yield from _behind(waiting, whole)


def _behind(steps: list[Step], whole: dict[int, int]) -> Generator[Step, None, frozenset[int]]:
    """The steps of one pass, one for each player; returns what was cleared after them."""
    stepped: set[int] = set()
    late: set[int] = set()
    groups: dict[int, list[Step]] = defaultdict(list)
    for step in steps:
        late |= step.cleared & stepped
        own = replace(step, cleared=step.cleared - stepped)
        groups[whole.get(step.optimizer, step.optimizer)].append(own)
        stepped |= step.gradients.keys()
    for identity, parts in groups.items():
        yield _one_step(identity, parts)
    return frozenset(late)


def _one_step(identity: int, parts: list[Step]) -> Step:
    first = parts[0]
    return replace(
        first,
        optimizer=identity,
        gradients={p: state for part in parts for p, state in part.gradients.items()},
        cleared=frozenset[int]().union(*(part.cleared for part in parts)),
        unknown=frozenset[int]().union(*(part.unknown for part in parts)),
        skipped=all(part.skipped for part in parts),
        outside={p: far for part in parts for p, far in part.outside.items()},
        changed=frozenset[int]().union(*(part.changed for part in parts)),
        hidden=frozenset[int]().union(*(part.hidden for part in parts)),
        touched=frozenset[int]().union(*(part.touched for part in parts)),
        figures={p: each for part in parts for p, each in part.figures.items()},
    )
