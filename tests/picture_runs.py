"""Small runs built by hand, for tests of what is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from gradcheck_gan.finding import Finding, PassFlow, PlayerSummary, Report, Tool
from gradcheck_gan.run import (
    Backward,
    Call,
    CutKind,
    Deposit,
    Edge,
    Location,
    Module,
    Optimizer,
    Outcome,
    Parameter,
    Run,
    Value,
)


def at(line: int, path: str = "train.py") -> Location:
    return Location(path, line)


@dataclass
class Sketch:
    """Builds a run by hand; whether a value needs gradient follows from its inputs."""

    values: dict[int, Value] = field(default_factory=dict)
    calls: dict[int, Call] = field(default_factory=dict)
    modules: dict[int, Module] = field(default_factory=dict)
    parameters: dict[int, Parameter] = field(default_factory=dict)
    events: list[Backward] = field(default_factory=list)
    clock: int = 0

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def module(self, kind: str, name: str, layers: int = 2, parent: int | None = None) -> int:
        number = self.tick()
        held = [self.tick() for _ in range(layers)]
        for one in held:
            self.parameters[one] = Parameter(one, f"{name}.{one}", number, (3, 3))
            self.values[one] = Value(one, "weight", "parameter", live=True, parameter=one)
        self.modules[number] = Module(number, name, kind, parent, frozenset(held), True, name)
        return number

    def hold(self, module: int, parameters: frozenset[int]) -> None:
        held = self.modules[module].parameters | parameters
        self.modules[module] = replace(self.modules[module], parameters=held)

    def source(self, name: str, line: int) -> int:
        number = self.tick()
        self.values[number] = Value(number, name, "source", location=at(line))
        return number

    def op(
        self,
        name: str,
        line: int,
        *inputs: int,
        cut: CutKind | None = None,
        zero: bool = False,
        call: int | None = None,
        region: int | None = None,
        path: str = "train.py",
    ) -> int:
        number = self.tick()
        edges = tuple(Edge(one, self.values[one].live) for one in inputs)
        live = any(edge.live for edge in edges) and cut is None
        inside = at(region) if region is not None else None
        self.values[number] = Value(
            number, name, "op", edges, live, cut, at(line, path), inside, call, zero=zero
        )
        return number

    def nested(self, module: int, line: int, given: int, parent: int) -> int:
        """As `call`, inside another call."""
        value = self.call(module, line, given)
        number = max(self.calls)
        self.calls[number] = replace(self.calls[number], parent=parent)
        return value

    def call(self, module: int, line: int, given: int, region: int | None = None) -> int:
        """One operation for every parameter of the module."""
        number, value = self.tick(), given
        for parameter in sorted(self.modules[module].parameters):
            cut: CutKind | None = "no_grad" if region is not None else None
            value = self.op("linear", line, value, parameter, cut=cut, call=number, region=region)
        self.calls[number] = Call(number, module, None, at(line), (given,), (value,))
        return value

    def backward(self, root: int, line: int, got: Iterable[int] = (), round_: int = 1) -> None:
        deposits = {
            parameter: Deposit(zero=False, finite=True, magnitude=1.0)
            for module in got
            for parameter in self.modules[module].parameters
        }
        order = self.tick()
        self.events.append(Backward(order, "backward", round_, at(line), "", (root,), deposits))

    def run(self) -> Run:
        optimizers = {
            module.id: Optimizer(module.id, f"opt{module.name}", "Adam", module.parameters, None)
            for module in self.modules.values()
            if module.parent is None
        }
        return Run(
            "train.py",
            Outcome("complete"),
            self.parameters,
            self.modules,
            optimizers,
            self.values,
            self.calls,
            tuple(self.events),
        )


def report(*findings: Finding, flow: tuple[PassFlow, ...] = ()) -> Report:
    players = (
        PlayerSummary("netG", "generator", 3, ("optnetG",)),
        PlayerSummary("netD", "discriminator", 2, ("optnetD",)),
    )
    tool = Tool("gradcheck-gan", "0", None, "3.11")
    return Report(tool, "train.py", Outcome("complete"), players, flow, findings)


def finding(code: str, line: int, player: str = "netG", path: str = "train.py") -> Finding:
    message = "0 of 3 parameters of netG got a gradient."
    return Finding(code, "a-fault", "error", message, at(line, path), "Fix it.", player=player)


def tower(floors: int = 3, rooms: int = 2) -> Sketch:
    """netG, called at line 10, has a floor for each line from 21 on, and each floor its rooms."""
    sketch = Sketch()
    generator = sketch.module("Generator", "netG", 0)
    call, value = sketch.tick(), sketch.source("randn", 9)
    start = value
    held: set[int] = set()
    for floor in range(floors):
        outer = sketch.module("Floor", f"netG.{floor}", 0, generator)
        inside, given = sketch.tick(), value
        for room in range(rooms):
            inner = sketch.module("Room", f"netG.{floor}.{room}", 2, outer)
            value = sketch.nested(inner, 30 + room, value, inside)
            held |= sketch.modules[inner].parameters
            sketch.hold(outer, sketch.modules[inner].parameters)
        sketch.calls[inside] = Call(inside, outer, call, at(21 + floor), (given,), (value,))
    sketch.hold(generator, frozenset(held))
    sketch.calls[call] = Call(call, generator, None, at(10), (start,), (value,))
    sketch.backward(sketch.op("mean", 11, value), 12, [generator])
    return sketch


def gan(cut: bool = True) -> Sketch:
    """Line 31 calls netG, 41 detaches, 42 calls netD, 43 is the loss, 44 its backward."""
    sketch = Sketch()
    generator, critic = sketch.module("Generator", "netG", 3), sketch.module("Critic", "netD")
    fake = sketch.call(generator, 31, sketch.source("randn", 30))
    shown = sketch.op("detach", 41, fake, cut="detach") if cut else fake
    score = sketch.call(critic, 42, shown)
    loss = sketch.op("binary_cross_entropy", 43, score, sketch.source("ones", 43))
    sketch.backward(loss, 44, [critic] if cut else [generator, critic])
    return sketch
