"""The cheap part of watching a long run: where a recording can begin, and what has changed."""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType
from typing import Any

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from gradcheck_gan.recording.frames import user_place
from gradcheck_gan.recording.patches import enter_all, own_hook_ids
from gradcheck_gan.recording.rounds import PATIENCE

Signature = tuple[object, ...]
ALONE = 50
"""Steps after which an optimizer that no other has joined is the only one."""

REMEMBERED = 1_000
"""Kinds of step; a loop with more of them never repeats itself."""

_SITES = 16


class Boundaries:
    """Calls `on_boundary` where nothing of torch is under way: before a gradient is cleared, and
    before a pass.

    Between two recordings it takes note of the passes before every step and of which gradients were
    there, how often written; `is_new` says that a step was unlike all before. `rounds` are
    counted over the optimizers that still step, `total` are the steps of all.
    """

    def __init__(self, on_boundary: Callable[[FrameType], None]) -> None:
        self._on_boundary = on_boundary
        self._stack = ExitStack()
        self._thread = threading.get_ident()
        self._known: set[Signature] = set()
        self._sites: weakref.WeakKeyDictionary[Any, list[object]] = weakref.WeakKeyDictionary()
        self._written: weakref.WeakKeyDictionary[Any, list[int]] = weakref.WeakKeyDictionary()
        self.steps: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._last: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._done: weakref.WeakSet[Any] = weakref.WeakSet()
        self.is_new = False
        self.rounds = 0
        self.total = 0
        self._inside = False

    def install(self) -> None:
        name = "_engine_run_backward"
        patches: list[tuple[Any, str, Callable[[Any], Any]]] = [
            (torch.optim.Optimizer, "zero_grad", self._clearing),
            (torch.nn.Module, "zero_grad", self._clearing),
            (torch.autograd, name, self._passing),
            (torch.autograd.graph, name, self._passing),
        ]
        enter_all(self._stack, patches)
        with own_hook_ids():
            handle = register_optimizer_step_post_hook(self._stepped)
        self._stack.callback(handle.remove)

    def close(self) -> None:
        self._stack.close()
        self._sites.clear()

    def _reached(self, frame: FrameType) -> None:
        if self._inside or threading.get_ident() != self._thread:
            return
        self._inside = True
        try:
            self._on_boundary(frame)
        finally:
            self._inside = False

    def _clearing(self, original: Any) -> Any:
        def zero_grad(*args: Any, **kwargs: Any) -> Any:
            self._reached(sys._getframe(1))
            return original(*args, **kwargs)

        return zero_grad

    def _passing(self, original: Any) -> Any:
        def _engine_run_backward(*args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe(1)
            place = user_place(frame)
            for sites in self._sites.values():
                if place not in sites and len(sites) < _SITES:
                    sites.append(place)
            self._reached(frame)
            return original(*args, **kwargs)

        return _engine_run_backward

    def _stepped(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if threading.get_ident() != self._thread:
            return
        held = [p for group in optimizer.param_groups for p in group["params"]]
        versions = [-1 if p.grad is None else p.grad._version for p in held]
        before = self._written.get(optimizer, [0] * len(versions))
        grown = [new - old for new, old in zip(versions, before, strict=False)]
        sites = self._sites.setdefault(optimizer, [])
        signature = (id(optimizer), tuple(sites), tuple(grown))
        self.is_new = self.is_new or (
            self.steps.get(optimizer, 0) > 0 and signature not in self._known
        )
        if len(self._known) < REMEMBERED:
            self._known.add(signature)
        self._written[optimizer] = versions
        self.steps[optimizer] = self.steps.get(optimizer, 0) + 1
        self.total += 1
        sites.clear()
        self._count(optimizer)

    def active(self) -> list[Any]:
        """The optimizers that still step."""
        return [one for one, last in self._last.items() if self.total - last <= PATIENCE]

    def _count(self, optimizer: Any) -> None:
        """A round closes when all that still step have stepped; one critic step alone is none."""
        self._last[optimizer] = self.total
        self._done.add(optimizer)
        if len(self.steps) < 2 and self.total <= ALONE:
            return
        if all(one in self._done for one in self.active()):
            self.rounds += 1
            self._done.clear()
