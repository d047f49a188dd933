"""Optimizers: made, stepped (nested and with closures), skipped by a gradient scaler."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import torch
from torch.optim import optimizer as torch_optimizer

from gradcheck_gan.recording.changes import Changes
from gradcheck_gan.recording.entered import Entered, held_by, is_running, outer_of
from gradcheck_gan.recording.frames import Place, site_of, user_chain
from gradcheck_gan.recording.nodes import WeakTable
from gradcheck_gan.recording.patches import own_hook_ids
from gradcheck_gan.recording.scalers import divisor_of, found_inf
from gradcheck_gan.recording.states import Looked
from gradcheck_gan.run import Step

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder


class Optimizers:
    """Optimizers are held weakly; their parameters are read anew at every step."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._ids = WeakTable()
        self._count = 0
        self.made: dict[int, Place | None] = {}
        self.sites: dict[int, str] = {}
        self._signatures: dict[str, int] = {}
        self.superseded: set[int] = set()
        self.parts: set[int] = set()
        self._entered: list[Entered] = []
        self._changes = Changes(recorder)

    def identify(self, optimizer: Any, place: Place | None = None) -> int:
        known = self._ids.get(optimizer)
        if known is None:
            self._count += 1
            known = self._count
            self._ids.set(optimizer, known)
            self.made[known] = place
        return int(known)

    @property
    def stepping(self) -> bool:
        """Whether a step runs, perhaps with a closure: what it writes is its own affair."""
        return bool(self._entered)

    def knows(self, optimizer: object) -> bool:
        return self._ids.get(optimizer) is not None

    def items(self) -> list[tuple[Any, int]]:
        return self._ids.items()

    def held(self, optimizer: Any) -> list[torch.Tensor]:
        return held_by(optimizer)

    def class_of(self, optimizer: Any) -> str:
        return getattr(optimizer, "told_class", None) or type(optimizer).__name__

    def install(self, stack: ExitStack) -> None:
        with own_hook_ids():
            before = torch_optimizer.register_optimizer_step_pre_hook(self._before)
            after = torch_optimizer.register_optimizer_step_post_hook(self._after)
        stack.callback(before.remove)
        stack.callback(after.remove)

    def patches(self) -> list[tuple[Any, str, Callable[[Any], Any]]]:
        return [(torch.optim.Optimizer, "__init__", self._wrap_init)]

    def _wrap_init(self, original: Any) -> Any:
        optimizers = self

        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            recorder = optimizers._recorder
            if recorder.claimed() or recorder.lead_in.here():
                with recorder.pausing():
                    chain = user_chain(sys._getframe(1))
                    identity = optimizers.identify(self, chain[0] if chain else None)
                    optimizers.sites[identity] = site_of(chain)
                    recorder.together.made(optimizers.held(self))
                    for parameter in optimizers.held(self):
                        recorder.adopt(parameter)
                    if recorder.steps:
                        optimizers._supersede(identity, self)

        return __init__

    def _supersede(self, identity: int, optimizer: Any) -> None:
        """An optimizer made anew each round takes the place of the one made there before."""
        signature = f"{self.sites[identity]} {[tuple(p.shape) for p in self.held(optimizer)]}"
        if signature in self._signatures:
            self.superseded.add(self._signatures[signature])
        self._signatures[signature] = identity

    def _before(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        recorder = self._recorder
        if recorder.together.answering:
            return
        if not recorder.here():
            recorder.threads.unseen(optimizer)
            return
        if not self._entered:
            recorder.by_hand.end()
        closure = bool(kwargs.get("closure")) or any(callable(argument) for argument in args)
        try:
            self._drop_broken()
            outer = outer_of(optimizer, self._entered)
            chain = user_chain(sys._getframe(1)) if outer is None else ()
            entry = Entered(optimizer, chain, closure, Looked(), {}, {}, inside=outer)
            entry.last_pass = recorder.history.last_pass
            if outer is None:
                with recorder.pausing():
                    recorder.inside.account(self.held(optimizer))
                    if not closure:
                        self._look(entry)
                    entry.contents = self._changes.contents(optimizer)
            elif not closure and outer.closure:
                self._read_inside(outer)
            self._entered.append(entry)
        except Exception as error:
            recorder.failed(error)
            return
        if not closure:
            recorder.paused += 1
            self._entered[-1].left = recorder.mode.leave()

    def _after(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        recorder = self._recorder
        if recorder.lead_in.here():
            recorder.attempt(recorder.lead_in.step, optimizer)
            recorder.stepped(optimizer)
            return
        if not recorder.here() or not any(entry.optimizer is optimizer for entry in self._entered):
            return
        entry = self._entered.pop()
        while entry.optimizer is not optimizer:
            self._unpause(entry)
            entry = self._entered.pop()
        self._unpause(entry)
        if entry.inside is not None:
            self._note_part(entry, entry.inside)
            return
        try:
            with recorder.pausing():
                if entry.closure and not entry.read:
                    self._look(entry)
                self._record(entry, skipped=found_inf(optimizer))
        except Exception as error:
            recorder.failed(error)
        recorder.stepped(optimizer)

    def _note_part(self, inner: Entered, outer: Entered) -> None:
        """One that another is made of, such as the shard of a rank, has no steps of its own.

        It is given the closure of the other; without, the closure may have run it.
        """
        whole = {id(parameter) for parameter in self.held(outer.optimizer)}
        within = all(id(parameter) in whole for parameter in self.held(inner.optimizer))
        alone = outer.closure and not inner.closure
        if within and not alone and inner.optimizer is not outer.optimizer:
            self.parts.add(self.identify(inner.optimizer))

    def _read_inside(self, outer: Entered) -> None:
        """A plain step inside a step with a closure uses the gradient now; what the outer one
        clears afterwards was used."""
        with self._recorder.pausing():
            looked = self._recorder.parameters.look()
            outer.looked.cleared |= looked.cleared
            outer.looked.unknown = looked.unknown
            outer.gradients = self._gradients(outer.optimizer)
        outer.read = True

    def _unpause(self, entry: Entered) -> None:
        if entry.left:
            self._recorder.mode.rejoin()
        if not entry.closure:
            self._recorder.paused -= 1

    def notice_broken(self) -> None:
        """The script computes on: if a step seems to run, it may have ended by an exception."""
        mode = self._recorder.mode
        if (self._entered or mode.left_at is not None) and self._recorder.here():
            self._drop_broken()
            if not self._entered and self._recorder.engine.running is None:
                mode.rejoin()

    def _drop_broken(self) -> None:
        """A step that raised never came to its end; no frame of it is left on the stack."""
        while self._entered and not is_running(self._entered[-1].optimizer):
            self._unpause(self._entered.pop())

    def _look(self, entry: Entered) -> None:
        entry.gradients = self._gradients(entry.optimizer)
        inside = self._recorder.engine.running is not None
        entry.looked = self._recorder.parameters.look(entry.gradients if inside else None)
        entry.figures = self._recorder.together.before(self.held(entry.optimizer))

    def _gradients(self, optimizer: Any) -> dict[int, Any]:
        parameters = self._recorder.parameters
        return {
            identity: parameters.gradient(identity)
            for identity in map(self._recorder.adopt, self.held(optimizer))
        }

    def skipped(self, optimizer: Any, chain: tuple[Place, ...]) -> None:
        """A gradient scaler met an overflow and did not step: no hook told of it."""
        self._withheld(optimizer, chain, skipped=True)
        self._recorder.stepped(optimizer)

    def refused(self, optimizer: Any, chain: tuple[Place, ...]) -> None:
        """A gradient scaler found no gradient at all and raised: the step was meant, and empty."""
        self._withheld(optimizer, chain, skipped=False)

    def _withheld(self, optimizer: Any, chain: tuple[Place, ...], *, skipped: bool) -> None:
        recorder = self._recorder
        try:
            with recorder.pausing():
                entry = Entered(optimizer, chain, False, Looked(), {}, {})
                self._look(entry)
                if skipped:
                    self._record(entry, skipped=True)
                elif set(entry.gradients.values()) == {"none"}:
                    recorder.history.stepped(self._event(entry, skipped=False))
        except Exception as error:
            recorder.failed(error)

    def _record(self, entry: Entered, *, skipped: bool) -> None:
        recorder, optimizer = self._recorder, entry.optimizer
        if recorder.lead_in.is_remainder():
            return
        self.parts.discard(self.identify(optimizer))
        event = self._event(entry, skipped=skipped)
        for identity in event.gradients:
            recorder.parameters.stepped(identity)
        if recorder.engine.running is not None:
            recorder.inside.keep(optimizer, event)
        else:
            recorder.optimizer_stepped(optimizer, event)

    def _event(self, entry: Entered, *, skipped: bool) -> Step:
        recorder, optimizer = self._recorder, entry.optimizer
        changed, hidden = self._changes.since(entry)
        return Step(
            order=recorder.graph.clock.tick(),
            round=recorder.current_round,
            optimizer=self.identify(optimizer),
            location=recorder.locator.at(entry.chain[0] if entry.chain else None),
            site=site_of(entry.chain),
            gradients=entry.gradients,
            cleared=frozenset(entry.looked.cleared),
            unknown=frozenset(entry.looked.unknown),
            skipped=skipped,
            # Lightning gives every step one, if only one that does nothing.
            closure=entry.closure and entry.last_pass is not recorder.history.last_pass,
            outside={} if skipped else self._changes.outside(entry.gradients),
            changed=changed,
            hidden=hidden,
            scaler=recorder.scalers.stepping,
            divisor=divisor_of(optimizer),
            touched=recorder.parameters.touched(entry.gradients),
            figures=recorder.together.after(self.held(optimizer), entry.figures),
            inside=None if recorder.engine.running is None else recorder.engine.running.order,
        )
