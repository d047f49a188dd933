"""Runs built by hand that also step: optimizers, passes that deposit, cleared gradients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from picture_runs import Sketch, at

from gradcheck_gan.run import (
    Backward,
    CutKind,
    Deposit,
    Edge,
    Event,
    Optimizer,
    Outcome,
    Run,
    Status,
    Step,
    Value,
    Write,
)

Held = Literal["none", "zero", "nonzero", "nonfinite"]


def deposit(*, zero: bool = False) -> Deposit:
    return Deposit(zero=zero, finite=True, magnitude=0.0 if zero else 1.0)


@dataclass
class Story(Sketch):
    """What happened, in order; each parameter's gradient follows from it."""

    told: list[Event] = field(default_factory=list)
    optimizers: dict[int, Optimizer] = field(default_factory=dict)
    round: int = 1
    _held: dict[int, Held] = field(default_factory=dict)
    _cleared: set[int] = field(default_factory=set)

    def held(self, *modules: int) -> frozenset[int]:
        return frozenset[int]().union(*(self.modules[each].parameters for each in modules))

    def optimizer(self, name: str, *modules: int) -> int:
        number = self.tick()
        self.optimizers[number] = Optimizer(number, name, "Adam", self.held(*modules), None)
        return number

    def clear(self, *modules: int) -> None:
        """Seen at the next event, as the recorder does."""
        for parameter in self.held(*modules):
            self._held.pop(parameter, None)
            self._cleared.add(parameter)

    def passing(
        self,
        site: str,
        *into: int,
        roots: Iterable[int] = (),
        zero: Iterable[int] = (),
        seed: Iterable[int] = (),
        signals: Mapping[int, tuple[float, ...]] | None = None,
        kind: Literal["backward", "grad"] = "backward",
        error: str | None = None,
    ) -> Backward:
        """A pass that deposits in all parameters of the modules; zeros in those of `zero`."""
        got = dict.fromkeys(self.held(*into), deposit())
        got |= dict.fromkeys(self.held(*zero), deposit(zero=True))
        for parameter, each in got.items():
            if not each.zero:
                self._held[parameter] = "nonzero"
            self._held.setdefault(parameter, "zero")
        event = Backward(
            self.tick(),
            kind,
            self.round,
            at(len(self.told) + 1000),
            site,
            tuple(roots),
            got,
            cleared=self._seen(),
            seed=tuple(seed),
            signals=signals or {},
            error=error,
        )
        self.told.append(event)
        return event

    def step(self, optimizer: int, *, skipped: bool = False, unknown: Iterable[int] = ()) -> Step:
        gradients = {
            each: self._held.get(each, "none") for each in self.optimizers[optimizer].parameters
        }
        event = Step(
            self.tick(),
            self.round,
            optimizer,
            at(len(self.told) + 1000),
            f"step {optimizer}",
            gradients,
            cleared=self._seen(),
            unknown=frozenset(unknown),
            skipped=skipped,
        )
        self.told.append(event)
        return event

    def write(self, parameter: int) -> Write:
        event = Write(self.tick(), self.round, parameter, None, at(len(self.told) + 1000))
        self.told.append(event)
        return event

    def _seen(self) -> frozenset[int]:
        seen = frozenset(self._cleared)
        self._cleared.clear()
        return seen

    def value(
        self,
        name: str,
        *inputs: int,
        live: bool | None = None,
        cut: CutKind | None = None,
        constant: float | None = None,
        guessed: tuple[int, ...] = (),
        kind: Literal["op", "rebuild", "merge", "grad", "function"] = "op",
        frozen: bool = False,
    ) -> int:
        """A value as `op` makes it, of any kind; `frozen` inputs required no gradient."""
        number = self.tick()
        edges = tuple(Edge(one, self.values[one].live and not frozen) for one in inputs)
        lives = any(edge.live for edge in edges) and cut is None if live is None else live
        self.values[number] = Value(
            number,
            name,
            kind,
            edges,
            lives,
            cut,
            at(number),
            constant=constant,
            guessed=guessed,
        )
        return number

    def run(self, status: Status = "complete") -> Run:
        return Run(
            "train.py",
            Outcome(status),
            self.parameters,
            self.modules,
            self.optimizers,
            self.values,
            self.calls,
            tuple(self.told),
        )


@dataclass
class Pair(Story):
    """A story of two players, netG and netD, each with its optimizer."""

    G: int = 0
    D: int = 0
    opt_g: int = 0
    opt_d: int = 0

    def __post_init__(self) -> None:
        self.G = self.module("Generator", "netG", 3)
        self.D = self.module("Critic", "netD", 2)
        self.opt_g = self.optimizer("optG", self.G)
        self.opt_d = self.optimizer("optD", self.D)
