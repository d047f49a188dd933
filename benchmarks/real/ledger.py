"""An account of gradients that shares no code with the tool: `ledger.py OUT STEPS SCRIPT ARGS...`.

For every step it counts whose gradient is None, all zero or neither, and which backward passes the
step consumes; for every pass, which deposits were cleared before any step read them.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import sysconfig
import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.optim.optimizer import (
    Optimizer,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

_FOREIGN = (
    os.path.dirname(os.path.abspath(__file__)),
    os.path.dirname(torch.__file__),
    os.path.dirname(os.__file__),
    sysconfig.get_path("purelib"),
)


@dataclass
class Held:
    """A parameter: its owners, the passes whose gradient lies in it, and if that is not zero."""

    tensor: torch.Tensor
    owners: set[int] = field(default_factory=set)
    passes: list[int] = field(default_factory=list)
    nonzero: bool = False


@dataclass
class Owner:
    """An optimizer and what its steps met: by pattern, how often."""

    optimizer: Optimizer
    name: str
    steps: Counter[str] = field(default_factory=Counter)
    alive: set[int] = field(default_factory=set)


class Ledger:
    """Hooks on everything that optimizers hold, entered before the script starts."""

    def __init__(self, out: str, limit: int) -> None:
        self.out, self.limit, self.steps, self.depth = out, limit, 0, 0
        self.held: dict[int, Held] = {}
        self.owners: dict[int, Owner] = {}
        self.passes: list[str] = []
        self.consumed: Counter[tuple[str, int]] = Counter()
        self.discarded: Counter[tuple[str, int]] = Counter()
        self.error: str | None = None

    def install(self) -> None:
        add_group, run = Optimizer.add_param_group, torch.autograd.graph._engine_run_backward

        def add_param_group(optimizer: Optimizer, group: dict[str, Any]) -> None:
            add_group(optimizer, group)
            self.own(optimizer)

        def run_backward(*args: Any, **kwargs: Any) -> Any:
            self.settle()
            self.passes.append(_site())
            return run(*args, **kwargs)

        patched: Any = torch
        patched.optim.Optimizer.add_param_group = add_param_group
        patched.autograd._engine_run_backward = run_backward
        patched.autograd.graph._engine_run_backward = run_backward
        register_optimizer_step_pre_hook(self.before)
        register_optimizer_step_post_hook(self.after)

    def own(self, optimizer: Optimizer) -> None:
        number = id(optimizer)
        made = f"{type(optimizer).__name__} of {_site()}"
        self.owners.setdefault(number, Owner(optimizer, made))
        for tensor in _tensors(optimizer):
            held = self.held.setdefault(id(tensor), Held(tensor))
            if not held.owners and tensor.requires_grad:
                hook: Any = tensor.register_post_accumulate_grad_hook
                hook(self.deposit)
            held.owners.add(number)

    def deposit(self, tensor: torch.Tensor) -> None:
        held = self.held[id(tensor)]
        held.nonzero = _state(tensor) == "nonzero"
        running = len(self.passes) - 1
        if held.passes[-1:] != [running]:
            held.passes.append(running)

    def settle(self) -> None:
        """Whose gradient is gone: nobody will read what lay there."""
        for held in self.held.values():
            state = _state(held.tensor) if held.passes else "nonzero"
            if state == "None" or (state == "zero" and held.nonzero):
                for owner in held.owners:
                    self.discarded.update({(self.passes[p], owner) for p in held.passes if p >= 0})
                held.passes.clear()

    def before(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        self.depth += 1
        if self.depth == 1:
            self.count(optimizer)

    def count(self, optimizer: Optimizer) -> None:
        self.settle()
        owner = self.owners[id(optimizer)]
        owner.name = _name(optimizer) or owner.name
        states = Counter(_state(tensor) for tensor in _tensors(optimizer))
        owner.steps[", ".join(f"{n} {state}" for state, n in sorted(states.items()))] += 1
        for tensor in _tensors(optimizer):
            held = self.held[id(tensor)]
            if _state(tensor) == "nonzero":
                owner.alive.add(id(tensor))
            self.consumed.update({(self.passes[max(p, ~p)], id(optimizer)) for p in held.passes})
            held.passes = [min(p, ~p) for p in held.passes]  # ~p: has been read

    def after(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        self.depth -= 1
        if self.depth == 0:
            self.steps += 1
            if self.steps == self.limit:
                self.write()
                os._exit(0)

    def write(self) -> None:
        self.settle()
        numbers = {number: n for n, number in enumerate(self.owners, start=1)}
        names = {number: f"{numbers[number]} {owner.name}" for number, owner in self.owners.items()}
        document = {
            "steps": self.steps,
            "error": self.error,
            "optimizers": [
                {
                    "name": owner.name,
                    "parameters": len(set(map(id, _tensors(owner.optimizer)))),
                    "entries": len(_tensors(owner.optimizer)),
                    "alive": len(owner.alive),
                    "steps": dict(owner.steps),
                }
                for owner in self.owners.values()
            ],
            "consumed": [[site, names[n], count] for (site, n), count in self.consumed.items()],
            "discarded": [[site, names[n], count] for (site, n), count in self.discarded.items()],
        }
        with open(self.out, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)


def _tensors(optimizer: Optimizer) -> list[torch.Tensor]:
    return [tensor for group in optimizer.param_groups for tensor in group["params"]]


def _state(tensor: torch.Tensor) -> str:
    gradient = tensor.grad
    if gradient is None:
        return "None"
    return "nonzero" if bool((gradient.to_dense() != 0).any()) else "zero"


def _site() -> str:
    """The innermost line that is neither torch's nor an installed package's."""
    for frame, line in traceback.walk_stack(sys._getframe(1)):
        file = frame.f_code.co_filename
        if not file.startswith(("<", *_FOREIGN)):
            return f"{os.path.relpath(file)}:{line}"
    return "?"


def _name(optimizer: Optimizer) -> str | None:
    """What the script calls it: a local or global name, or an attribute of `self`."""
    for frame, _ in traceback.walk_stack(sys._getframe(1)):
        if frame.f_code.co_filename.startswith(_FOREIGN):
            continue
        attributes = getattr(frame.f_locals.get("self"), "__dict__", {})
        for scope in (frame.f_locals, frame.f_globals, attributes):
            names = [str(name) for name, value in list(scope.items()) if value is optimizer]
            if names:
                return names[0]
    return None


def main() -> None:
    out, limit, script = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    sys.argv[:] = sys.argv[3:]
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    ledger = Ledger(out, limit)
    ledger.install()
    try:
        runpy.run_path(script, run_name="__main__")
    except BaseException as error:
        ledger.error = f"{type(error).__name__}: {error}".splitlines()[0]
        raise
    finally:
        ledger.write()


if __name__ == "__main__":
    main()
