"""Which step used gradient that a pass had left in a player, where a finding speaks of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gradcheck_gan.analysis.ledger import make_ledger
from gradcheck_gan.finding import Finding
from gradcheck_gan.run import Location, Run, Write


@dataclass(frozen=True, slots=True)
class Use:
    """A step, or a write in place, and what it found: parameters by the pass that deposited.

    `name` is that of the optimizer, None for a write in place.
    """

    round: int
    location: Location
    name: str | None
    found: Mapping[int, frozenset[int]]


def use_of(run: Run, finding: Finding) -> Use | None:
    """The first one at the finding's place that found gradient of a pass that the finding names."""
    named = {(one.location.file, one.location.line) for one in finding.related}
    lines = {event.order: event.location for event in make_ledger(run).passes.values()}
    for use in _uses_at(run, finding.location):
        if use.round < finding.first_round:
            continue
        if any((at := lines[order]) and (at.file, at.line) in named for order in use.found):
            return use
    return None


def _uses_at(run: Run, place: Location) -> Iterator[Use]:
    ledger = make_ledger(run)
    for consumption in ledger.consumptions:
        step = consumption.step
        if step.location == place:
            name = run.optimizers[step.optimizer].name
            yield Use(step.round, place, name, _by_pass(consumption.passes))
    for event in run.events:
        if isinstance(event, Write) and event.location == place:
            yield Use(event.round, place, None, _by_pass(ledger.outstanding_at[event.order]))


def _by_pass(passes: Mapping[int, tuple[int, ...]]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    for parameter, orders in passes.items():
        for order in orders:
            found.setdefault(order, set()).add(parameter)
    return {order: frozenset(parameters) for order, parameters in found.items()}
