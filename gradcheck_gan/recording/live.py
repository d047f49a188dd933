"""The gradient graph of a live loss as a run: from autograd's nodes, or as it was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any

import torch

from gradcheck_gan.recording.contents import deposit_of
from gradcheck_gan.recording.frames import Locator, user_place
from gradcheck_gan.recording.glance import plain_name
from gradcheck_gan.recording.gradients import MOST_NODES, gradients_of
from gradcheck_gan.recording.library import Recording, knows
from gradcheck_gan.recording.naming import Names
from gradcheck_gan.recording.operations import ZERO_DERIVATIVE
from gradcheck_gan.recording.preserving import preserving
from gradcheck_gan.run import (
    Backward,
    Call,
    Deposit,
    Edge,
    Module,
    Outcome,
    Parameter,
    Run,
    Value,
)


@dataclass(frozen=True, slots=True)
class Live:
    """`players` holds the numbers of the parameters of each named module.

    `recorded` tells the record of the computation, which knows of cuts, from autograd's graph.
    """

    run: Run
    event: Backward
    players: Mapping[str, frozenset[int]]
    recorded: bool = False


def live(loss: torch.Tensor, players: Any, caller: FrameType | None, base: str) -> Live:
    """Raises ValueError for a loss that has no graph and that nothing recorded."""
    names = Names()
    names.survey(caller)
    modules = _named(players, names)
    if knows(loss):
        return _recorded(loss, modules, caller)
    if loss.grad_fn is None:
        raise ValueError(
            "this tensor has no graph to draw: it is a leaf, or was detached; draw the loss that "
            "backward() is called on."
        )
    place = Locator(base).at(user_place(caller))
    walked = _Walk(modules)
    walked.walk(loss.grad_fn)
    deposits = _deposits(loss, walked.variables, names)
    root = walked.numbers[loss.grad_fn]
    event = Backward(root + 1, "backward", 1, place, "live", roots=(root,), deposits=deposits)
    outcome = Outcome("complete", rounds=1)
    run = Run(
        "the loss",
        outcome,
        parameters=walked.parameters,
        modules=walked.modules,
        values=walked.grouped(),
        calls=walked.calls,
        events=(event,),
    )
    return Live(run, event, {m.name: m.parameters for m in walked.modules.values()})


def _named(players: Any, names: Names) -> dict[str, torch.nn.Module]:
    """The modules that somebody names, else the outermost ones of the caller's variables."""
    if isinstance(players, Mapping):
        return {str(name): module for name, module in players.items()}
    if isinstance(players, torch.nn.Module):
        players = [players]
    if players is not None:
        given = list(players)
    else:
        found = [thing for thing in names.things() if isinstance(thing, torch.nn.Module)]
        inner = {id(part) for one in found for part in one.modules() if part is not one}
        given = [one for one in found if id(one) not in inner]
    named: dict[str, torch.nn.Module] = {}
    for module in given:
        if any(True for _ in module.parameters()):
            named.setdefault(names.get(module) or type(module).__name__, module)
    return named


def _recorded(
    loss: torch.Tensor, modules: Mapping[str, torch.nn.Module], caller: FrameType | None
) -> Live:
    with Recording("the loss", caller, whole=True) as recording:
        order = recording.value_of(loss)
        run = recording.run()
        ran = [e for e in run.events if isinstance(e, Backward) and order in e.roots]
        event = ran[-1] if ran else recording.differentiate([loss], []).event
        run = replace(recording.run(), events=(event,))
        players = {
            name: frozenset(n for p in module.parameters() if (n := recording.number(p)))
            for name, module in modules.items()
        }
    return Live(run, event, players, recorded=True)


def _deposits(
    loss: torch.Tensor, variables: Mapping[int, torch.Tensor], names: Names
) -> dict[int, Deposit]:
    """What backward brings; once it has run and freed its values, what lies in `.grad`."""
    tensors = list(variables.values())
    try:
        with preserving(names.things(), lambda: False, nullcontext):
            found = gradients_of([loss], tensors)
    except RuntimeError:
        found = [tensor.grad for tensor in tensors]
    pairs = zip(variables, found, strict=True)
    return {number: deposit_of(gradient) for number, gradient in pairs if gradient is not None}


@dataclass
class _Walk:
    """Autograd's nodes become values, sources first; those of one module become a call of it."""

    named: Mapping[str, torch.nn.Module]
    numbers: dict[Any, int] = field(default_factory=dict)
    values: dict[int, Value] = field(default_factory=dict)
    variables: dict[int, torch.Tensor] = field(default_factory=dict)
    parameters: dict[int, Parameter] = field(default_factory=dict)
    modules: dict[int, Module] = field(default_factory=dict)
    calls: dict[int, Call] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ids: dict[int, int] = {}
        for number, (name, module) in enumerate(self.named.items(), 1):
            held = [self._adopt(p, f"{name}.{path}") for path, p in module.named_parameters()]
            self.modules[number] = Module(
                number, name, type(module).__name__, None, frozenset(held), True, name
            )

    def _adopt(self, tensor: torch.Tensor, name: str) -> int:
        number = self._ids.setdefault(id(tensor), len(self._ids) + 1)
        shape = tuple(tensor.shape)
        self.parameters.setdefault(number, Parameter(number, name, None, shape))
        return number

    def walk(self, root: Any) -> None:
        pending = [(root, False)]
        seen = {root}
        while pending:
            node, done = pending.pop()
            sources = [inner for inner, _ in node.next_functions if inner is not None]
            if done:
                self._note(node, [inner for inner in sources if inner in self.numbers])
                continue
            pending.append((node, True))
            for inner in sources:
                if inner not in seen and len(seen) < MOST_NODES:
                    seen.add(inner)
                    pending.append((inner, False))

    def _note(self, node: Any, sources: Sequence[Any]) -> None:
        number = self.numbers[node] = len(self.numbers) + 1
        leaf = getattr(node, "variable", None)
        if isinstance(leaf, torch.Tensor):
            parameter = self._adopt(leaf, f"tensor {number}")
            self.variables[parameter] = leaf
            self.values[number] = Value(
                number, "parameter", "parameter", live=True, parameter=parameter
            )
            return
        name = plain_name(node)
        edges = tuple(Edge(self.numbers[inner], True) for inner in sources)
        self.values[number] = Value(
            number, name, "op", edges, live=True, zero=name in ZERO_DERIVATIVE
        )

    def grouped(self) -> dict[int, Value]:
        """With what lies between two operations of a module, on both sides, inside it."""
        whose = {p: m.id for m in self.modules.values() for p in m.parameters}
        own = self._own(whose)
        consumers: dict[int, list[int]] = {}
        for value in self.values.values():
            for edge in value.inputs:
                consumers.setdefault(edge.source, []).append(value.id)
        order = sorted(self.values)
        above = _spread(order, own, lambda v: [e.source for e in self.values[v].inputs])
        below = _spread(reversed(order), own, lambda v: consumers.get(v, []))
        inside = {v: above[v] for v in order if above.get(v) and above.get(v) == below.get(v)}
        return self._called(inside)

    def _own(self, whose: Mapping[int, int]) -> dict[int, int]:
        """Values computed from a parameter directly, or from a mere view of one."""
        views: dict[int, int] = {}
        own: dict[int, int] = {}
        for number in sorted(self.values):
            value = self.values[number]
            if value.parameter is not None:
                owner = whose.get(value.parameter)
                if owner is not None:
                    views[number] = owner
                continue
            held = [views[edge.source] for edge in value.inputs if edge.source in views]
            if held:
                own[number] = held[0]
                if len(value.inputs) == 1:
                    views[number] = held[0]
        return own

    def _called(self, inside: Mapping[int, int]) -> dict[int, Value]:
        call_of: dict[int, int] = {}
        merged: dict[int, int] = {}

        def found(call: int) -> int:
            while call in merged:
                call = merged[call]
            return call

        for number in sorted(inside):
            call_of[number] = number
            for edge in self.values[number].inputs:
                if inside.get(edge.source) == inside[number]:
                    other, mine = found(call_of[edge.source]), found(number)
                    if other != mine:
                        merged[mine] = other
        for number, owner in inside.items():
            call = found(call_of[number])
            call_of[number] = call
            self.calls[call] = Call(call, owner, None, None, (), ())
        return {n: replace(value, call=call_of.get(n)) for n, value in self.values.items()}


def _spread(
    order: Iterable[int], own: Mapping[int, int], neighbours: Callable[[int], list[int]]
) -> dict[int, int]:
    """The module that is met first on that side, where it is the same one on every way."""
    found: dict[int, int] = {}
    for number in order:
        if number in own:
            found[number] = own[number]
            continue
        met = {found.get(other, 0) for other in neighbours(number) if other in found}
        if len(met) == 1:
            found[number] = met.pop()
    return found
