"""A recorder around one call of the library; inside another recording it shares that one."""

from __future__ import annotations

import inspect
import os
import sys
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

import torch

from gradcheck_gan.recording.asked import Asked
from gradcheck_gan.recording.contents import deposit_of
from gradcheck_gan.recording.frames import user_place
from gradcheck_gan.recording.gradients import observed
from gradcheck_gan.recording.naming import Names
from gradcheck_gan.recording.nesting import under_way
from gradcheck_gan.recording.nodes import Node
from gradcheck_gan.recording.recorder import Recorder
from gradcheck_gan.run import Backward, Deposit, Event, Freeze, Outcome, Run, Step

UNLIMITED = sys.maxsize
"""Rounds and steps after which a library call is stopped: the user's own loop says when."""


def knows(tensor: torch.Tensor) -> bool:
    """Whether the recording that is under way has seen this tensor being computed."""
    recorder = under_way()
    return recorder is not None and recorder.graph.known(tensor) is not None


def scopes_of(function: Any) -> list[Mapping[str, Any]]:
    """What a callable brings along: the variables that it closes over, and its own object."""
    scopes: list[Mapping[str, Any]] = []
    owner = getattr(function, "__self__", None)
    if owner is not None:
        scopes.append({"self": owner})
    inner = getattr(function, "__func__", function)
    if inspect.isfunction(inner):
        scopes.append(inspect.getclosurevars(inner).nonlocals)
    return scopes


@dataclass(frozen=True, slots=True)
class Answer:
    """One differentiation: the pass, and what arrived in each of the asked tensors."""

    event: Backward
    deposits: tuple[Deposit | None, ...]


class Recording:
    """Use as a context; `caller` is the user's frame, where names are looked up.

    `whole` takes in what an outer recording saw before.
    """

    def __init__(
        self,
        target: str,
        caller: FrameType | None,
        scopes: Sequence[Mapping[str, Any]] = (),
        *,
        whole: bool = False,
    ) -> None:
        self._target = target
        outer = under_way()
        self.recorder = outer or self._made(target)
        self._context: Any = nullcontext() if outer else self.recorder
        self.name(scopes)  # first: the callable knows its players by better names than a helper
        with self.recorder.pausing():
            self.names.survey(caller)
        self._since = 0 if whole else self.recorder.graph.clock.now
        self._steps = 0 if whole else self.recorder.steps
        self._calls = [self._since]

    @staticmethod
    def _made(target: str) -> Recorder:
        here = os.getcwd()
        return Recorder(target, rounds=UNLIMITED, max_steps=UNLIMITED, base=here, of_script=False)

    def __enter__(self) -> Recording:
        self._context.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._context.__exit__(*exception)

    @property
    def names(self) -> Names:
        return self.recorder.names

    def name(self, scopes: Iterable[Mapping[str, Any]]) -> None:
        with self.recorder.pausing():
            self.names.survey_scopes([*scopes])

    def things(self) -> list[Any]:
        """Modules, optimizers and tensors that have a name in the user's variables."""
        return self.names.things()

    def trains(self) -> bool:
        """Whether the user's code ran a backward pass or stepped."""
        return any(_is_training(event) for event in self.recorder.history.since(self._since))

    def next_call(self) -> None:
        """The user's step is called once more: a round of its own."""
        self._calls.append(self.recorder.graph.clock.now)

    def run(self) -> Run:
        """What was recorded since this call began; each call of the user's step is a round."""
        recorder = self.recorder
        rounds, steps = len(self._calls), recorder.steps - self._steps
        run = recorder.run(Outcome("complete", rounds=rounds, steps=steps))
        new = recorder.history.since(self._since)
        events = tuple(_in_round(event, bisect_left(self._calls, event.order)) for event in new)
        return replace(run, target=self._target, events=events)

    def adopt(self, tensors: Iterable[Asked]) -> None:
        """Watch the leaves that the user asks for, whoever holds them."""
        with self.recorder.pausing():
            for each in tensors:
                if each.tensor.is_leaf:
                    self.recorder.adopt(each.tensor)

    def expect(self, optimizers: Iterable[torch.optim.Optimizer]) -> None:
        """Know optimizers that were made before, so that one that never steps is missed."""
        recorder = self.recorder
        with recorder.pausing():
            for optimizer in optimizers:
                recorder.optimizers.identify(optimizer)
            recorder.census.take()

    def number(self, tensor: torch.Tensor) -> int | None:
        return self.recorder.parameters.known(tensor)

    def numbers(self, tensors: Sequence[Asked]) -> list[int]:
        """Each tensor's number in the run; negative ones for those that are no parameters."""
        known = [self.number(each.tensor) for each in tensors]
        return [-n if number is None else number for n, number in enumerate(known, 1)]

    def value_of(self, tensor: torch.Tensor) -> int | None:
        node = self.recorder.graph.known(tensor)
        return None if node is None else node.order

    def differentiate(
        self, losses: Sequence[torch.Tensor], wanted: Sequence[torch.Tensor]
    ) -> Answer:
        """The gradient of a loss, as a pass of the run that deposits nowhere."""
        recorder = self.recorder
        with recorder.pausing():
            recorder.census.take()
            nodes = [recorder.graph.read(loss, sys._getframe())[0] for loss in losses]
            held = [p for p in recorder.parameters.living() if _can_get(p)]
        tensors = list({id(tensor): tensor for tensor in (*wanted, *held)}.values())
        found, event = self._found(losses, tensors)
        with recorder.pausing():
            numbers = [recorder.parameters.known(tensor) for tensor in tensors]
        deposits = {
            number: deposit
            for number, deposit in zip(numbers, found, strict=True)
            if number is not None and deposit is not None
        }
        by_tensor = dict(zip(map(id, tensors), found, strict=True))
        recorder.history.keep(nodes)
        event = replace(event, deposits=deposits, roots=_orders(nodes), traced=True, error=None)
        return Answer(event, tuple(by_tensor[id(tensor)] for tensor in wanted))

    def _found(
        self, losses: Sequence[torch.Tensor], tensors: list[torch.Tensor]
    ) -> tuple[list[Deposit | None], Backward]:
        recorder = self.recorder
        live = [loss for loss in losses if loss.requires_grad]
        if not live:
            return [None] * len(tensors), self._silent()
        gradients, passes = observed(live, tensors)
        event = passes[-1] if passes else self._silent()
        with recorder.pausing():
            found = [None if g is None else deposit_of(g) for g in gradients]
        return found, replace(event, kind="backward")

    def _silent(self) -> Backward:
        """The pass of a loss that nothing can be differentiated from."""
        recorder = self.recorder
        return Backward(
            order=recorder.graph.clock.tick(),
            kind="backward",
            round=recorder.current_round,
            location=recorder.locator.at(user_place(sys._getframe())),
            site="asked",
        )


def _can_get(tensor: torch.Tensor) -> bool:
    return tensor.is_leaf and tensor.requires_grad


def _orders(nodes: Iterable[Node]) -> tuple[int, ...]:
    return tuple(node.order for node in nodes)


def _is_training(event: Event) -> bool:
    return isinstance(event, Step) or (isinstance(event, Backward) and event.kind == "backward")


def _in_round(event: Event, number: int) -> Event:
    return event if isinstance(event, Freeze) else replace(event, round=number)
