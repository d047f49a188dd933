"""An account of gradients that the tool has no part in: `ledger.py OUT STEPS SCRIPT ARGS...`.

Only what stands in for data, packages and devices is the tool's, so that both see one program.

For every step it counts whose gradient is None, all zero, not finite or none of these, and which
backward passes the step reads. For every pass it tells in whose parameters it left gradient that
no step had read when it was cleared, or at the end.
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
from pathlib import Path
from typing import Any

import torch
from torch.optim.optimizer import (
    Optimizer,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from gradcheck_gan import stand_ins

_FOREIGN = (
    os.path.dirname(os.path.abspath(__file__)),
    os.path.dirname(stand_ins.__path__[0]),
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
    hooked: bool = False


@dataclass
class Owner:
    """An optimizer and what its steps met: by pattern, how often."""

    optimizer: Optimizer
    name: str
    named: bool = False
    steps: Counter[str] = field(default_factory=Counter)
    alive: set[int] = field(default_factory=set)


class Ledger:
    """Hooks on everything that optimizers hold, entered before the script starts."""

    def __init__(self, out: str, limit: int, around: stand_ins.Surroundings) -> None:
        self.out, self.limit, self.steps, self.depth = out, limit, 0, 0
        self.around = around
        self.held: dict[int, Held] = {}
        self.owners: dict[int, Owner] = {}
        self.passes: list[str] = []
        self.read: Counter[tuple[str, int]] = Counter()
        self.unread: Counter[tuple[str, int]] = Counter()
        self.error: str | None = None

    def install(self) -> None:
        add_group, run = Optimizer.add_param_group, torch.autograd.graph._engine_run_backward

        def add_param_group(optimizer: Optimizer, group: dict[str, Any]) -> None:
            add_group(optimizer, group)
            self.own(optimizer)

        def run_backward(*args: Any, **kwargs: Any) -> Any:
            self.settle()
            self.hook()
            self.name()
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
            self.held.setdefault(id(tensor), Held(tensor)).owners.add(number)

    def hook(self) -> None:
        """Before each pass: what was frozen when its optimizer was made may be so no more."""
        for held in self.held.values():
            if not held.hooked and held.tensor.requires_grad:
                held.hooked = True
                hook: Any = held.tensor.register_post_accumulate_grad_hook
                hook(self.deposit)

    def name(self) -> None:
        for owner in self.owners.values():
            if not owner.named:
                found = _name(owner.optimizer)
                owner.name, owner.named = found or owner.name, found is not None

    def deposit(self, tensor: torch.Tensor) -> None:
        held = self.held[id(tensor)]
        held.nonzero = _state(tensor) != "zero"
        running = len(self.passes) - 1
        if held.passes[-1:] != [running]:
            held.passes.append(running)

    def settle(self) -> None:
        """Whose gradient is gone: nobody will read what lay there."""
        for held in self.held.values():
            state = _state(held.tensor) if held.passes else "nonzero"
            if state == "None" or (state == "zero" and held.nonzero):
                self.forget(held)

    def forget(self, held: Held) -> None:
        for owner in held.owners:
            self.unread.update({(self.passes[p], owner) for p in held.passes if p >= 0})
        held.passes.clear()

    def before(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        self.depth += 1
        if self.depth == 1:
            self.count(optimizer)

    def count(self, optimizer: Optimizer) -> None:
        self.settle()
        self.name()
        owner = self.owners[id(optimizer)]
        states = Counter(_state(tensor) for tensor in _tensors(optimizer))
        owner.steps[", ".join(f"{n} {state}" for state, n in sorted(states.items()))] += 1
        for tensor in _tensors(optimizer):
            held = self.held[id(tensor)]
            if _state(tensor) == "nonzero":
                owner.alive.add(id(tensor))
            self.read.update({(self.passes[max(p, ~p)], id(optimizer)) for p in held.passes})
            held.passes = [min(p, ~p) for p in held.passes]  # ~p: has been read

    def after(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        self.depth -= 1
        if self.depth == 0:
            self.steps += 1
            if self.steps == self.limit:
                self.write()
                self.around.leave()
                os._exit(0)

    def write(self) -> None:
        for held in self.held.values():
            self.forget(held)
        with self.around.aside(), open(self.out, "w", encoding="utf-8") as file:
            json.dump(self.document(), file, indent=1)

    def document(self) -> dict[str, Any]:
        numbers = {owner: number for number, owner in enumerate(self.owners, start=1)}

        def told(counted: Counter[tuple[str, int]]) -> list[list[Any]]:
            return [[site, numbers[owner], count] for (site, owner), count in counted.items()]

        return {
            "steps": self.steps,
            "error": self.error,
            "optimizers": [_told(self.owners[owner], numbers[owner]) for owner in self.owners],
            "read": told(self.read),
            "unread": told(self.unread),
        }


def _told(owner: Owner, number: int) -> dict[str, Any]:
    tensors = _tensors(owner.optimizer)
    return {
        "number": number,
        "name": owner.name,
        "parameters": len(set(map(id, tensors))),
        "entries": len(tensors),
        "alive": len(owner.alive),
        "steps": dict(owner.steps),
    }


def _tensors(optimizer: Optimizer) -> list[torch.Tensor]:
    return [tensor for group in optimizer.param_groups for tensor in group["params"]]


def _state(tensor: torch.Tensor) -> str:
    gradient = tensor.grad
    if gradient is None:
        return "None"
    dense = gradient.to_dense()
    if not bool(dense.isfinite().all()):
        return "not finite"
    return "nonzero" if bool((dense != 0).any()) else "zero"


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


def surroundings(script: str, setup: str | None = None) -> stand_ins.Surroundings:
    """What the tool puts around a script with --fake-data and, if there are shims, --setup."""
    shims = Path(__file__).with_name("shims.py") if os.environ.get("RUN_SHIMS") else None
    wanted = stand_ins.Wanted(
        fake_data=True,
        setup=setup or (str(shims) if shims else None),
        on_cpu=True,
        folders=(os.getcwd(), os.path.dirname(os.path.abspath(script))),
    )
    return stand_ins.Surroundings(wanted)


def main() -> None:
    out, limit, script = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    sys.argv[:] = sys.argv[3:]
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    ledger = Ledger(out, limit, surroundings(script))
    ledger.around.__enter__()
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
