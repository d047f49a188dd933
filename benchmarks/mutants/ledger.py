"""What plain torch says of a program: deposits, reads, clears, and what reaches which value."""

from __future__ import annotations

import ast
import builtins
import json
import os
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType, ModuleType
from typing import Any

import torch
from torch.optim.optimizer import (
    Optimizer,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from benchmarks.mutants.instrument import SEE, Spot, instrumented
from benchmarks.mutants.sight import Sight, leaves, size, state

LARGE = 100_000


@dataclass
class Held:
    """A leaf: its label, the passes whose gradient lies in it, and what lay there before."""

    tensor: torch.Tensor
    label: str
    owners: set[int] = field(default_factory=set)
    passes: list[int] = field(default_factory=list)
    nonzero: bool = False
    hooked: bool = False
    before: torch.Tensor | None = None


@dataclass
class Pass:
    """One run of the engine that accumulates: where, what it left where, who read that."""

    line: int
    site: str
    deposits: dict[str, str] = field(default_factory=dict)
    read_by: list[tuple[int, int]] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)


@dataclass
class Step:
    owner: int
    line: int
    reads: dict[int, list[str]]
    passes_before: int
    states: dict[str, str]
    sizes: dict[str, float]


class Stopped(BaseException):
    """Enough steps were seen."""


class Ledger:
    """Hooks and patches, entered before the program starts."""

    def __init__(self, files: tuple[str, ...], judges: tuple[str, ...], limit: int) -> None:
        self.files, self.judges, self.limit = files, judges, limit
        self.held: dict[int, Held] = {}
        self.optimizers: dict[int, tuple[Optimizer, int]] = {}
        self.judging: set[int] = set()
        self.passes: list[Pass] = []
        self.steps: list[Step] = []
        self.depth = 0
        self.entered = 0
        self.differentiating = False
        self.waiting: Step | None = None
        self.run: Any = torch.autograd.graph._engine_run_backward
        self.sight = Sight(self)

    def install(self) -> None:
        add_group = Optimizer.add_param_group

        def add_param_group(optimizer: Optimizer, group: dict[str, Any]) -> None:
            add_group(optimizer, group)
            self.own(optimizer)

        patched: Any = torch
        patched.optim.Optimizer.add_param_group = add_param_group
        patched.autograd._engine_run_backward = self.run_backward
        patched.autograd.graph._engine_run_backward = self.run_backward
        register_optimizer_step_pre_hook(self.before)
        register_optimizer_step_post_hook(self.after)

    def own(self, optimizer: Optimizer) -> None:
        number = id(optimizer)
        self.optimizers.setdefault(number, (optimizer, self.line()))
        index = list(self.optimizers).index(number)
        for tensor in tensors(optimizer):
            self.hold(tensor).owners.add(index)

    def hold(self, tensor: torch.Tensor) -> Held:
        held = self.held.setdefault(id(tensor), Held(tensor, f"leaf{len(self.held)}"))
        if tensor.requires_grad and tensor.is_leaf and not held.hooked:
            hook: Any = tensor.register_post_accumulate_grad_hook
            hook(self.deposit)
            held.hooked = True
        return held

    def run_backward(self, *args: Any, **kwargs: Any) -> Any:
        if not kwargs.get("accumulate_grad"):
            self.differentiating = True
            found = self.run(*args, **kwargs)
            self.differentiating = False
            self.sight.slopes(found)
            return found
        self.settle()
        self.resolve()
        roots = args[0] if isinstance(args[0], tuple | list) else (args[0],)
        for leaf in leaves(roots):
            self.hold(leaf)
        for held in list(self.held.values()):
            self.hold(held.tensor)
            gradient = held.tensor.grad
            small = gradient is not None and gradient.numel() <= LARGE and not gradient.is_sparse
            held.before = gradient.detach().clone() if small and gradient is not None else None
        self.passes.append(Pass(self.line(), self.site()))
        self.sight.passing(roots, len(self.passes) - 1)
        return self.run(*args, **kwargs)

    def deposit(self, tensor: torch.Tensor) -> None:
        held = self.held[id(tensor)]
        gradient = tensor.grad
        assert gradient is not None
        fresh = gradient if held.before is None else gradient - held.before
        held.nonzero = state(gradient) != "zero"
        running = len(self.passes) - 1
        self.passes[running].deposits[held.label] = state(fresh)
        if running not in held.passes:
            held.passes.append(running)

    def settle(self) -> None:
        """Whose gradient is gone: what nobody read there was cleared."""
        for held in self.held.values():
            now = state(held.tensor.grad) if held.passes else "nonzero"
            if now == "None" or (now == "zero" and held.nonzero):
                for number in held.passes:
                    self.passes[number].cleared.append(held.label)
                held.passes.clear()

    def before(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        self.depth += 1
        if self.depth == 1:
            self.entered = len(self.passes)
            self.waiting = self.reading(optimizer)

    def after(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        self.depth -= 1
        if self.depth:
            return
        closed = len(self.passes) > self.entered or len(args) > 1 or kwargs.get("closure")
        step = self.reading(optimizer) if closed else self.waiting
        assert step is not None
        self.steps.append(step)
        for number in step.reads:
            self.passes[number].read_by.append((step.owner, len(self.steps) - 1))
        if len(self.steps) >= self.limit:
            raise Stopped

    def reading(self, optimizer: Optimizer) -> Step:
        self.settle()
        self.resolve()
        owner = list(self.optimizers).index(id(optimizer))
        reads: dict[int, list[str]] = {}
        states: dict[str, str] = {}
        sizes: dict[str, float] = {}
        for tensor in tensors(optimizer):
            held = self.hold(tensor)
            states[held.label] = state(tensor.grad)
            sizes[held.label] = size(tensor.grad)
            for number in held.passes:
                reads.setdefault(number, []).append(held.label)
        return Step(owner, self.line(), reads, len(self.passes), states, sizes)

    def frames(self) -> Iterator[tuple[FrameType, int]]:
        for frame, line in traceback.walk_stack(sys._getframe(1)):
            if frame.f_code.co_filename in self.files:
                yield frame, line

    def line(self) -> int:
        return next((line for _, line in self.frames()), 0)

    def site(self) -> str:
        """All lines of the program that lead here: helpers share their own."""
        return ">".join(str(line) for _, line in self.frames())

    def resolve(self) -> None:
        """Which optimizers the names of discriminators' mean; they may be local variables."""
        for frame, _ in self.frames():
            for name in self.judges:
                for spelling in (name, f"self.{name}"):
                    try:
                        found = eval(spelling, frame.f_globals, frame.f_locals)
                    except Exception:
                        continue
                    if isinstance(found, Optimizer) and id(found) in self.optimizers:
                        self.judging.add(list(self.optimizers).index(id(found)))


def tensors(optimizer: Optimizer) -> list[torch.Tensor]:
    return [tensor for group in optimizer.param_groups for tensor in group["params"]]


def account(path: str, judges: tuple[str, ...], limit: int) -> dict[str, Any]:
    """Runs the program in this process, which must be a child of its own."""
    with open(path, encoding="utf-8") as file:
        source = file.read()
    tree, spots = instrumented(source)
    ledger = Ledger((os.path.abspath(path),), judges, limit)
    ledger.install()
    setattr(builtins, SEE, ledger.sight.see)
    ledger.sight.spots = spots
    error = _execute(tree, os.path.abspath(path), ledger)
    if error is not None:
        error["slope"] = ledger.differentiating
    ledger.settle()
    return _document(ledger, spots, error)


def _execute(tree: ast.Module, path: str, ledger: Ledger) -> dict[str, Any] | None:
    main = ModuleType("__main__")
    main.__file__ = path
    sys.modules["__main__"] = main
    try:
        exec(compile(tree, path, "exec"), vars(main))
    except (Stopped, SystemExit):
        return None
    except BaseException as error:
        places = [
            entry.tb_lineno if entry.tb_frame.f_code.co_filename == path else 0
            for entry in _entries(error)
        ]
        line = next((place for place in reversed(places) if place), 0)
        return {"type": type(error).__name__, "message": str(error), "line": line}
    return None


def _entries(error: BaseException) -> Iterator[Any]:
    entry = error.__traceback__
    while entry is not None:
        yield entry
        entry = entry.tb_next


def _document(ledger: Ledger, spots: list[Spot], error: dict[str, Any] | None) -> dict[str, Any]:
    owned: dict[int, list[str]] = {}
    for held in ledger.held.values():
        for owner in held.owners:
            owned.setdefault(owner, []).append(held.label)
    optimizers = [
        {
            "line": line,
            "judge": index in ledger.judging,
            "labels": owned.get(index, []),
            "entries": len(tensors(optimizer)),
        }
        for index, (optimizer, line) in enumerate(ledger.optimizers.values())
    ]
    document = {
        "error": error,
        "optimizers": optimizers,
        "passes": [vars(each) for each in ledger.passes],
        "steps": [vars(each) for each in ledger.steps],
        **ledger.sight.document(spots),
    }
    return _renamed(document, ledger)


def _renamed(document: dict[str, Any], ledger: Ledger) -> dict[str, Any]:
    """Leaves get the names of their places in optimizers, which another run has too."""
    names: dict[str, str] = {}
    for index, (optimizer, _) in enumerate(ledger.optimizers.values()):
        for position, tensor in enumerate(tensors(optimizer)):
            names.setdefault(ledger.held[id(tensor)].label, f"{index}.{position}")
    text = json.dumps(document)
    text = re.sub(r'"(leaf\d+)"', lambda match: f'"{names.get(match[1], match[1])}"', text)
    renamed: dict[str, Any] = json.loads(text)
    return renamed
