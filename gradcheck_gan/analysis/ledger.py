"""Which step consumed what: deposits, blocks, and the updates of each optimizer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from gradcheck_gan.run import Aftermath, Backward, Event, Run, Step, Write


@dataclass(frozen=True, slots=True)
class Block:
    """A run of passes with no step between, then a run of steps with no pass between."""

    passes: tuple[Backward, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Consumption:
    """What one step found in each of its parameters: the orders of the passes that deposited it."""

    step: Step
    block: Block
    passes: Mapping[int, tuple[int, ...]]
    unknown: frozenset[int]


@dataclass(frozen=True)
class Ledger:
    blocks: tuple[Block, ...]
    consumptions: tuple[Consumption, ...]
    passes: Mapping[int, Backward]
    outstanding_at: Mapping[int, Mapping[int, tuple[int, ...]]]
    """For every write in place, by its order: the deposits that lay in the parameter then."""

    consumed: frozenset[tuple[int, int]]
    """Pairs of pass and parameter whose deposit some step consumed."""

    cleared: Mapping[int, frozenset[int]]
    """By the order of a pass: the parameters where what it left was found cleared."""

    seen: frozenset[int]
    """Passes of which the script has looked at some gradient that they left."""


def make_ledger(run: Run) -> Ledger:
    blocks = _blocks(run.events)
    block_of = {step.order: block for block in blocks for step in block.steps}
    outstanding: dict[int, list[int]] = {}
    consumptions: list[Consumption] = []
    writes: dict[int, Mapping[int, tuple[int, ...]]] = {}
    passes: dict[int, Backward] = {}
    cleared: dict[int, set[int]] = defaultdict(set)
    seen: set[int] = set()
    aftermaths = {one.order: one for one in run.aftermaths}
    for event in run.events:
        if isinstance(event, (Backward, Step)):
            for parameter in event.cleared:
                for order in outstanding.pop(parameter, ()):
                    cleared[order].add(parameter)
        if isinstance(event, Backward):
            passes[event.order] = event
            for parameter in event.deposits:
                outstanding.setdefault(parameter, []).append(event.order)
            seen |= _seen(aftermaths.get(event.order), outstanding)
        elif isinstance(event, Step):
            found = {p: tuple(outstanding[p]) for p in event.gradients if outstanding.get(p)}
            unknown = event.unknown & frozenset(event.gradients)
            consumptions.append(Consumption(event, block_of[event.order], found, unknown))
        elif isinstance(event, Write):
            held = tuple(outstanding.get(event.parameter, ()))
            writes[event.order] = {event.parameter: held}
    consumed = frozenset(
        (order, parameter)
        for consumption in consumptions
        for parameter, orders in consumption.passes.items()
        for order in orders
    )
    lost = {order: frozenset(of) for order, of in cleared.items()}
    return Ledger(
        tuple(blocks), tuple(consumptions), passes, writes, consumed, lost, frozenset(seen)
    )


def _seen(after: Aftermath | None, outstanding: Mapping[int, list[int]]) -> set[int]:
    """What a tensor that is no parameter holds may come from any of the passes."""
    if after is None:
        return set()
    wanted = outstanding if after.others else after.read & outstanding.keys()
    return {order for parameter in wanted for order in outstanding[parameter]}


def _blocks(events: tuple[Event, ...]) -> list[Block]:
    blocks: list[Block] = []
    passes: list[Backward] = []
    steps: list[Step] = []
    for event in events:
        if isinstance(event, Backward) and event.kind == "backward":
            if steps:
                blocks.append(Block(tuple(passes), tuple(steps)))
                passes, steps = [], []
            passes.append(event)
        elif isinstance(event, Step):
            steps.append(event)
    if passes or steps:
        blocks.append(Block(tuple(passes), tuple(steps)))
    return blocks
