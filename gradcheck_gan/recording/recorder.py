"""The recorder: one object that owns every observation and can be frozen into a `Run`."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import torch

from gradcheck_gan.ending import ScriptEnd, outcome_of
from gradcheck_gan.garbage import uncollected
from gradcheck_gan.outcome import StoppedBy
from gradcheck_gan.recording.aftermaths import Aftermaths
from gradcheck_gan.recording.attribution import warnings_in_place
from gradcheck_gan.recording.byhand import ByHand
from gradcheck_gan.recording.calls import Functions, Modules
from gradcheck_gan.recording.dropped import Dropped
from gradcheck_gan.recording.engine import Engine
from gradcheck_gan.recording.escapes import PATCHES, constructor_watched
from gradcheck_gan.recording.frames import Locator
from gradcheck_gan.recording.freeze import (
    Census,
    freeze_calls,
    freeze_dropped,
    freeze_overwrites,
    freeze_values,
)
from gradcheck_gan.recording.gathered import gathered
from gradcheck_gan.recording.history import History
from gradcheck_gan.recording.inside import Inside
from gradcheck_gan.recording.keys import Keys
from gradcheck_gan.recording.leadin import LeadIn
from gradcheck_gan.recording.mode import Pause, RecordingMode
from gradcheck_gan.recording.naming import Names
from gradcheck_gan.recording.nesting import UNDER_WAY, refuse_another
from gradcheck_gan.recording.nodes import Clock
from gradcheck_gan.recording.parameters import Parameters
from gradcheck_gan.recording.patches import enter_all
from gradcheck_gan.recording.raw import number_of
from gradcheck_gan.recording.room import MoreRoom
from gradcheck_gan.recording.rounds import Rounds
from gradcheck_gan.recording.scalers import Scalers
from gradcheck_gan.recording.slopes import Slopes
from gradcheck_gan.recording.steps import Optimizers
from gradcheck_gan.recording.threads import Threads
from gradcheck_gan.recording.together import Together
from gradcheck_gan.recording.unseen import unseen
from gradcheck_gan.recording.values import ValueGraph
from gradcheck_gan.recording.watches import Watches
from gradcheck_gan.run import Deposit, Escape, Outcome, Run, Step
from gradcheck_gan.stop import StopInspection
from gradcheck_gan.words import own_failure

_SWALLOWED_AT_MOST = 3


class Recorder:
    """Use as a context manager around the script, in the thread that runs it."""

    swallowed: Callable[[], None] | None = None
    on_step: Callable[[], object] = bool
    thread: int | None = None
    refused: str | None = None
    skipped = _raised = 0

    def __init__(
        self,
        target: str = "",
        *,
        rounds: int = 2,
        max_steps: int = 500,
        base: str | None = None,
        of_script: bool = True,
        raw: bool = False,
        start_after: int = 0,
    ) -> None:
        self._target = target
        self.of_script = of_script
        self.paused = 0
        self.mode = RecordingMode(self)
        self.threads = Threads(self)
        self.graph: ValueGraph
        self.parameters = Parameters(self._deposited, self.guarded)
        self.history = History(self)
        self.parameters.on_write = self.history.parameter_written
        self.graph = ValueGraph(Clock(), self.parameters)
        self.engine, self.watches = Engine(self), Watches(self)
        self.graph.on_gradient_watch = self.watches.operation
        self.graph.number_of = number_of if raw else None
        self.modules, self.functions = Modules(self), Functions(self)
        self.optimizers, self.inside = Optimizers(self), Inside(self)
        self.by_hand, self.aftermaths = ByHand(self), Aftermaths(self)
        self.scalers = Scalers(self)
        self.graph.on_gradient_clamped = self.scalers.clips.clamped
        self.names = Names(self.optimizers.knows)
        self.keys = Keys(self)
        self.locator = Locator(base or os.getcwd())
        self.census = Census(self)
        self.dropped, self.slopes = Dropped(self), Slopes()
        self.together = Together(self)
        self.rounds_counted = Rounds(rounds, max_steps)
        self.lead_in = LeadIn(self, start_after)
        self._notes: list[str] = []
        self._surveyed: set[int] = set()
        self._stack = ExitStack()

    def __enter__(self) -> Recorder:
        refuse_another()
        self.thread = threading.get_ident()
        with ExitStack() as stack:
            for constructed in (torch.Tensor, torch.autograd.Variable):
                stack.enter_context(constructor_watched(self, constructed))
            for watching in (self.optimizers, self.modules, self.functions, self.threads):
                watching.install(stack)
            for part in (self.engine, self.optimizers, self.scalers, self.together):
                enter_all(stack, part.patches())
            for patches in PATCHES:
                enter_all(stack, patches(self))
            stack.enter_context(warnings_in_place())
            stack.enter_context(self.mode)
            stack.callback(self.mode.rejoin, wherever=True)
            self.lead_in.begin()
            stack.callback(self.parameters.unhook)
            self._stack = stack.pop_all()
        UNDER_WAY.append(self)
        return self

    def __exit__(self, *exception: object) -> None:
        UNDER_WAY.remove(self)
        self.thread = None
        self._stack.close()
        self.graph.clear()

    def here(self) -> bool:
        return self.lead_in.is_over and self.thread == threading.get_ident()

    def claimed(self) -> bool:
        """Whether this thread is recorded, from now on if the one that was waits."""
        return self.here() or self.threads.taken_over()

    def pausing(self) -> Pause:
        return Pause(self)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Inside the engine a mistake of ours must not end the script's pass."""
        with self.pausing():
            try:
                yield
            except Exception as error:
                self.failed(error)

    def attempt(self, part: Callable[..., Any], *arguments: Any) -> Any:
        """Run a part of the recording; whatever goes wrong in it is no business of the script."""
        try:
            return part(*arguments)
        except RecursionError:
            pass  # outside of `except`, no error of ours is the context of one of the script's
        except Exception as error:
            self.failed(error)
            return None
        return self.attempt_deep(part, *arguments)

    def attempt_deep(self, part: Callable[..., Any], *arguments: Any) -> Any:
        """The same where the script has left python hardly any room on the stack."""
        self.paused = 0  # as it was; what should have counted down found no room either
        try:
            with MoreRoom(), unseen():
                return part(*arguments)
        except RecursionError:
            return None  # not even for that: the script is about to fail as well
        except Exception as error:
            self.failed(error)

    def failed(self, error: Exception) -> None:
        """Our own mistake: stop observing, say so in the report, and leave the script alone."""
        if os.environ.get("GRADCHECK_GAN_DEBUG"):
            sys.__excepthook__(type(error), error, error.__traceback__)
        self.note(own_failure("recording", error))

    def note(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)

    @property
    def rounds(self) -> int:
        return self.rounds_counted.closed

    @property
    def steps(self) -> int:
        return self.rounds_counted.steps

    @property
    def current_round(self) -> int:
        return self.rounds_counted.current

    @property
    def stopped_by(self) -> StoppedBy | None:
        return self.rounds_counted.stop

    @property
    def waited_for(self) -> tuple[str, ...]:
        return tuple(sorted(self.keys.names(self.rounds_counted.waited_for(self.keys.living()))))

    def request_stop(self, reason: StoppedBy) -> None:
        if self.rounds_counted.stop is None:
            self.rounds_counted.stop = reason

    def adopt(self, parameter: torch.Tensor) -> int:
        """Know a tensor that an optimizer or a module holds as a parameter."""
        known = self.parameters.known(parameter)
        if known is not None:
            return known
        identity = self.parameters.identify(parameter)
        node = self.graph.known(parameter)
        if node is None or node.kind != "parameter":
            self.graph.parameter_node(parameter)
        return identity

    def _deposited(self, identity: int, deposit: Deposit) -> None:
        self.engine.deposited(identity, deposit)

    def optimizer_stepped(self, optimizer: Any, event: Step, *, beside: bool = False) -> None:
        self.history.stepped(event)
        if event.optimizer not in self._surveyed:
            self._surveyed.add(event.optimizer)
            if not beside:
                self.survey(sys._getframe(3))
        self.watches.look_closer(event.gradients.values())
        living = self.by_hand.with_somebody(self.keys.living())
        self.lead_in.count(self.keys.of(optimizer), living, event, beside=beside)

    def stepped(self, optimizer: Any) -> None:
        """At the return of an outermost step: end the script if enough was seen."""
        if self.engine.running is not None:
            return
        self.on_step()
        if self.rounds_counted.stop is None:
            return
        self._raised += 1
        if self._raised > _SWALLOWED_AT_MOST and self.swallowed is not None:
            self.swallowed()
        raise StopInspection

    def survey(self, frame: Any) -> None:
        with self.pausing():
            try:
                self.names.survey(frame)
                self.census.take()
            except Exception as error:
                self.failed(error)

    def freeze(self, end: ScriptEnd) -> Run:
        """What was recorded, once the script has ended; may be called by a watchdog's thread."""
        self.attempt(self.by_hand.close)
        return self.run(outcome_of(end, self))

    def run(self, outcome: Outcome) -> Run:
        self.attempt(self.by_hand.close)
        with self.pausing():
            main = sys.modules.get("__main__") if self.of_script else None
            self.names.survey_scopes([dict(vars(main))] if main is not None else [])
            self.census.take(last=True)
        kept = self.history.kept + [node for node, *_ in (*self.dropped, *self.slopes)]
        with uncollected():
            recorded = Run(
                target=self._target,
                outcome=replace(
                    outcome, overflowed=self.history.overflowed(), refused=self.refused
                ),
                parameters=dict(self.census.parameters),
                modules=dict(self.census.modules),
                optimizers=dict(self.census.optimizers),
                values=freeze_values(kept, self),
                calls=freeze_calls(kept, self),
                events=tuple(self.history.events),
                overwrites=freeze_overwrites(self, self.history.events),
                notes=tuple(self._notes),
                dropped=freeze_dropped(self.dropped, self),
                escapes=tuple(Escape(node.order, number) for node, number in self.slopes),
                raw=dict(self.history.drawn),
                unscalings=tuple(self.scalers.unscalings),
                clips=tuple(self.scalers.clips.made),
                aftermaths=self.aftermaths.freeze(),
                replicas=tuple(self.together.replicas),
                broadcasts=tuple(self.together.broadcasts),
            )
            return gathered(recorded, self.inside.hooked()) if self.inside.any else recorded
