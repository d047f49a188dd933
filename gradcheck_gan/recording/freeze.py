"""From live records to frozen data: the last place where torch is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from gradcheck_gan.recording.frames import Place
from gradcheck_gan.recording.nodes import CallRecord, Node
from gradcheck_gan.recording.sources import construction_line
from gradcheck_gan.recording.states import shape_of
from gradcheck_gan.run import (
    Backward,
    Call,
    Dropped,
    Edge,
    Event,
    Location,
    Module,
    Optimizer,
    Overwrite,
    Parameter,
    Value,
)

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder


class Census:
    """Modules, optimizers and parameters as they were last seen, by name; survives their death."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.modules: dict[int, Module] = {}
        self.optimizers: dict[int, Optimizer] = {}
        self.parameters: dict[int, Parameter] = {}

    def take(self, *, last: bool = False) -> None:
        recorder = self._recorder
        for module in recorder.names.modules():
            recorder.modules.identify(module)
        self._take_modules(last)
        for part in recorder.optimizers.parts:
            self.optimizers.pop(part, None)
        for optimizer, identity in recorder.optimizers.items():
            if identity in recorder.optimizers.parts:
                continue
            counts = Counter(recorder.adopt(p) for p in recorder.optimizers.held(optimizer))
            known = self.optimizers.get(identity)
            self.optimizers[identity] = Optimizer(
                id=identity,
                name=recorder.names.get(optimizer) or f"{type(optimizer).__name__} {identity}",
                class_name=recorder.optimizers.class_of(optimizer),
                parameters=frozenset(counts) | (known.parameters if known else frozenset()),
                made=recorder.locator.at(recorder.optimizers.made.get(identity)),
                duplicates=frozenset(p for p, count in counts.items() if count > 1),
            )
        self._take_parameters()

    def _take_modules(self, last: bool) -> None:
        recorder = self._recorder
        parents: dict[int, int] = {}
        pending = [module for module, _ in recorder.modules.items()]
        seen: set[int] = set()
        while pending:
            module = pending.pop()
            identity = recorder.modules.identify(module)
            if identity in seen:
                continue
            seen.add(identity)
            for child in module.children():
                parents.setdefault(recorder.modules.identify(child), identity)
                pending.append(child)
        if last:
            for module, identity in recorder.modules.items():
                if identity not in parents:
                    recorder.names.survey_alone(module)
        for module, identity in recorder.modules.items():
            parameters = frozenset(recorder.adopt(p) for p in module.parameters())
            self.modules[identity] = Module(
                id=identity,
                name=recorder.names.get(module) or type(module).__name__,
                class_name=type(module).__name__,
                parent=parents.get(identity),
                parameters=parameters,
                called=identity in recorder.modules.called,
                variable=recorder.names.get(module),
            )

    def _take_parameters(self) -> None:
        recorder = self._recorder
        named: dict[int, tuple[str, int | None]] = {}
        for module, identity in recorder.modules.items():
            for name, parameter in module.named_parameters(recurse=False):
                known = recorder.parameters.known(parameter)
                if known is not None:
                    owner = self.modules[identity].variable
                    named.setdefault(known, (f"{owner}.{name}" if owner else name, identity))
        for tensor, identity in recorder.parameters.items():
            fallback = recorder.names.get(tensor) or f"tensor {identity}"
            name, owner_id = named.get(identity, (fallback, None))
            self.parameters[identity] = Parameter(identity, name, owner_id, shape_of(tensor))
        for identity, state in recorder.parameters.states.items():
            if identity not in self.parameters:
                self.parameters[identity] = Parameter(
                    identity, f"tensor {identity}", None, state.shape
                )


def freeze_values(roots: Iterable[Node], recorder: Recorder) -> dict[int, Value]:
    """Everything that the roots were computed from."""
    values: dict[int, Value] = {}
    pending = list(roots)
    while pending:
        node = pending.pop()
        if node.order in values:
            continue
        values[node.order] = _freeze_value(node, recorder)
        pending.extend(source for source, _ in node.inputs)
        pending.extend(node.guessed)
    return values


def freeze_overwrites(recorder: Recorder, events: Iterable[Event]) -> tuple[Overwrite, ...]:
    """They can explain only a pass that failed."""
    if not any(isinstance(event, Backward) and event.error for event in events):
        return ()
    return tuple(
        Overwrite(order, memory, name, recorder.locator.at(place))
        for order, memory, name, place in recorder.graph.memory.writes
    )


def _freeze_value(node: Node, recorder: Recorder) -> Value:
    return Value(
        id=node.order,
        name=node.name,
        kind=cast(Any, node.kind),
        inputs=tuple(Edge(source.order, live) for source, live in node.inputs),
        live=node.live,
        cut=cast(Any, node.cut),
        location=_location(node, recorder),
        region=recorder.locator.at(node.region),
        call=None if node.call is None else node.call.order,
        parameter=node.parameter,
        constant=node.constant,
        guessed=tuple(guess.order for guess in node.guessed),
        zero=node.zero and not any(source.hooked for source, _ in node.inputs),
        depth=node.depth,
        memory=0 if node.memory == node.order else node.memory,
        keeps=node.keeps,
        stacks=node.stacks,
        scale=node.scale,
        hooked=node.hooked,
    )


def _location(node: Node, recorder: Recorder) -> Location | None:
    """A tensor that nothing saw being made is known only from its first use."""
    if node.kind == "rebuild" and node.name == "tensor" and node.place is not None:
        line = construction_line(node.place[0])
        if line is not None:
            return recorder.locator.line(node.place[0], line)
    return recorder.locator.at(node.place)


def freeze_dropped(
    found: Iterable[tuple[Node, int, Place, bool]], recorder: Recorder
) -> tuple[Dropped, ...]:
    """What nothing could read, each with the place that lost it."""
    return tuple(
        Dropped(node.order, number, recorder.locator.at(place), each)
        for node, number, place, each in found
    )


def freeze_calls(roots: Iterable[Node], recorder: Recorder) -> dict[int, Call]:
    """The module calls in which the values below the roots were made."""
    calls: dict[int, Call] = {}
    seen: set[int] = set()
    pending = list(roots)
    while pending:
        node = pending.pop()
        if node.order in seen:
            continue
        seen.add(node.order)
        record: CallRecord | None = node.call
        while record is not None and record.order not in calls:
            calls[record.order] = Call(
                id=record.order,
                module=record.module,
                parent=None if record.parent is None else record.parent.order,
                location=recorder.locator.at(record.place),
                inputs=record.inputs,
                outputs=record.outputs,
                moved=record.moved,
                hooked=record.hooked,
            )
            record = record.parent
        pending.extend(source for source, _ in node.inputs)
        pending.extend(node.guessed)
    return calls
