"""Backward passes through a graph that no longer holds what the forward pass has left in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.run import Backward, Overwrite, Step, Value, Write

Kind = Literal["changed", "freed", "overwritten"]
Cause = Step | Write | Overwrite | Backward

_MODIFIED = "modified by an inplace operation"
_FREED = "backward through the graph a second time"
"""From torch's messages: they tell the kind of a crash, and nothing more is read from them."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A pass that needs what `reader` had kept, and what has become of that since.

    `changed`: `cause` is a step or a write, which changed `parameters` of `player`.
    `overwritten`: another tensor that the reader had kept was written in place.
    `freed`: an earlier pass has freed the reader.
    """

    event: Backward
    kind: Kind
    reader: Value
    cause: Cause
    player: Player | None = None
    parameters: frozenset[int] = frozenset()

    @property
    def crashed(self) -> bool:
        return self.event.error is not None


def stale_passes(study: Study) -> Iterator[Stale]:
    for event in study.ledger.passes.values():
        if event.traced:
            found = _stale(study, event)
            if found is not None:
                yield found


def _stale(study: Study, event: Backward) -> Stale | None:
    error = event.error or ""
    if _MODIFIED in error:
        return _changed(study, event, hidden=False) or _overwritten(study, event)
    if _FREED in error:
        return _freed(study, event)
    return None if error else _changed(study, event, hidden=True)


def stopped_by(study: Study, event: Backward) -> frozenset[str]:
    """Sites of the passes since the last step: a crash stops the whole update that they are of."""
    if event.error is None:
        return frozenset({event.site})
    steps = [c.step.order for c in study.ledger.consumptions if c.step.order < event.order]
    since = max(steps, default=0)
    passes = study.ledger.passes.values()
    return frozenset(e.site for e in passes if since < e.order <= event.order)


def walked(study: Study, event: Backward) -> list[Value]:
    """Operations whose derivative the pass computes, or was about to, in order."""
    found = live_below(study, event)
    return _towards(found, frozenset(event.inputs)) if event.inputs else found


def live_below(study: Study, event: Backward) -> list[Value]:
    """What the graph of a pass consists of, in order."""
    values = study.run.values
    seen: set[int] = set()
    pending = [root for root in event.roots if root in values and values[root].live]
    while pending:
        identity = pending.pop()
        if identity not in seen:
            seen.add(identity)
            sources = (edge.source for edge in values[identity].inputs if edge.live)
            pending.extend(s for s in sources if s in values and values[s].live)
    return [values[identity] for identity in sorted(seen)]


def _towards(values: Iterable[Value], wanted: frozenset[int]) -> list[Value]:
    """A pass that is given inputs goes no other way than to them."""
    on_the_way = set(wanted)
    found = []
    for value in values:
        if any(edge.live and edge.source in on_the_way for edge in value.inputs):
            on_the_way.add(value.id)
            found.append(value)
    return found


def _changed(study: Study, event: Backward, *, hidden: bool) -> Stale | None:
    """The last change of a parameter between the operation that kept it and this pass."""
    values = walked(study, event)
    writes = _writes(study, event, hidden=hidden)
    readers = list(_readers(study, values, writes.keys()))
    if not readers and not hidden:
        readers = list(_users(study, values, writes.keys()))
    found = [
        (write, reader, parameter)
        for reader, parameter in readers
        for write in writes[parameter][-1:]
        if reader.id < write.order
        and not (hidden and _is_undone(writes[parameter], reader))
        and not (hidden and not _is_consumed(study, event, reader, parameter))
    ]
    if not found:
        return None
    cause, reader, parameter = max(found, key=lambda item: (_weight(item[0]), item[1].id))
    owner = next((p for p in study.players if parameter in p.parameters), None)
    mine = owner.parameters if owner else {parameter}
    place = cause.order if isinstance(cause, Step) else cause.location
    together = frozenset(
        p
        for write, _, p in found
        if p in mine and place == (write.order if isinstance(write, Step) else write.location)
    )
    return Stale(event, "changed", reader, cause, owner, together)


def _weight(write: Step | Write) -> tuple[bool, int]:
    return isinstance(write, Step), write.order


def _writes(study: Study, event: Backward, *, hidden: bool) -> dict[int, list[Step | Write]]:
    """Per parameter, what was done to it before the pass, and counted by torch or not.

    A write that torch does not count matters in what is trained: the vectors of a hand-made
    spectral normalisation move with every forward pass, and are meant to.
    """
    trained = frozenset[int]().union(*(o.parameters for o in study.run.optimizers.values()))
    found: dict[int, list[Step | Write]] = defaultdict(list)
    for other in study.run.events:
        if other.order > event.order:
            continue
        if isinstance(other, Step):
            for parameter in other.hidden if hidden else other.changed - other.hidden:
                found[parameter].append(other)
        elif isinstance(other, Write) and other.hidden is hidden:
            if hidden and other.parameter not in trained:
                continue
            found[other.parameter].append(other)
    return found


def _is_undone(writes: list[Step | Write], reader: Value) -> bool:
    """Hidden writes since the operation brought back what it had read, as far as was looked."""
    since = [write for write in writes if write.order > reader.id]
    first, last = since[0], since[-1]
    if not isinstance(first, Write) or not isinstance(last, Write):
        return False
    return last.hidden and first.before == last.after


def _is_consumed(study: Study, event: Backward, reader: Value, parameter: int) -> bool:
    """A step used what the pass brought to parameters behind the operation: only that is wrong.

    The derivative for a weight does not need the weight itself, unless nothing else is there.
    """
    values = study.run.values
    sources = [values[e.source] for e in reader.inputs if e.live and e.source in values]
    others = [source for source in sources if _parameter_in(study, source) != parameter]
    pending = [source.id for source in others or sources]
    seen: set[int] = set()
    while pending:
        value = values[pending.pop()]
        if value.kind == "parameter" and (event.order, value.parameter) in study.ledger.consumed:
            return True
        if value.id not in seen:
            seen.add(value.id)
            pending.extend(e.source for e in value.inputs if e.live and e.source in values)
    return False


def _parameter_in(study: Study, value: Value) -> int | None:
    """The parameter in whose memory a value lives."""
    lives = study.run.values.get(value.lives_in)
    return lives.parameter if lives is not None and lives.kind == "parameter" else None


def _readers(
    study: Study, values: Iterable[Value], parameters: Iterable[int]
) -> Iterator[tuple[Value, int]]:
    """Operations that kept a parameter for their derivative."""
    wanted = frozenset(parameters)
    for value in values:
        for memory in value.keeps:
            kept = study.run.values.get(memory)
            parameter = None if kept is None else _parameter_in(study, kept)
            if parameter in wanted and parameter is not None:
                yield value, parameter


def _users(
    study: Study, values: Iterable[Value], parameters: Iterable[int]
) -> Iterator[tuple[Value, int]]:
    """Operations that read a parameter, for where it is not known what was kept."""
    wanted = frozenset(parameters)
    for value in values:
        for edge in value.inputs:
            source = study.run.values.get(edge.source)
            if source is not None and source.kind == "parameter" and source.parameter in wanted:
                yield value, source.parameter


def _overwritten(study: Study, event: Backward) -> Stale | None:
    readers: dict[int, Value] = {}
    for value in walked(study, event):
        for memory in value.keeps:
            readers.setdefault(memory, value)
    for write in reversed(study.run.overwrites):
        reader = readers.get(write.memory)
        if reader is not None and reader.id < write.order < event.order:
            return Stale(event, "overwritten", reader, write)
    return None


def _freed(study: Study, event: Backward) -> Stale | None:
    """The reused operation nearest to the loss, and the first pass that went through it."""
    values = [value for value in walked(study, event) if value.inputs]
    for candidates in ([value for value in values if value.keeps], values):
        for earlier in study.ledger.passes.values():
            if earlier.order < event.order and not earlier.retained and earlier.error is None:
                freed = {value.id for value in walked(study, earlier)}
                shared = [value for value in candidates if value.id in freed]
                if shared:
                    return Stale(event, "freed", shared[-1], earlier)
    return None
