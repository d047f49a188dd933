"""What a recording keeps: the events in order, and the values that they lead to."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from gradcheck_gan.rawgraph import RawGraph
from gradcheck_gan.recording.engine import Running
from gradcheck_gan.recording.frames import Place
from gradcheck_gan.recording.nodes import Node, clipped_to
from gradcheck_gan.run import Backward, Event, Freeze, Step, Write

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder

_WRITES_KEPT = 20_000
_UNTRACED_REMEMBERED = 4


class History:
    """`events` become those of the run; `kept` are values that it holds, and all below them."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.events: list[Event] = []
        self.kept: list[Node] = []
        self.drawn: dict[int, RawGraph] = {}
        self.last_pass: Node | None = None
        self._untraced: deque[tuple[int, list[Node]]] = deque(maxlen=_UNTRACED_REMEMBERED)

    def passed(self, event: Backward, running: Running, traced: bool) -> None:
        self.events.append(event)
        roots = [node for node, _ in running.roots]
        self.last_pass = Node(event.order, event.kind, "grad", tuple((n, False) for n in roots))
        if traced:
            self.kept.extend(roots)
            self.kept.extend(running.seed)
        elif event.error is None and not event.retained:
            self._untraced.append((len(self.events) - 1, roots))
        if event.error is not None:
            self.kept.extend(running.inputs)
            self._trace_recent()
            self._recorder.survey(sys._getframe(2))

    def _trace_recent(self) -> None:
        """A pass that fails may need what one of the last ones has freed."""
        while self._untraced:
            index, roots = self._untraced.popleft()
            event = self.events[index]
            if isinstance(event, Backward):
                orders = tuple(node.order for node in roots)
                self.events[index] = replace(event, roots=orders, traced=True)
                self.kept.extend(roots)

    def stepped(self, event: Step) -> None:
        self.events.append(event)

    def overflowed(self) -> int:
        """Steps that gradient scalers have skipped."""
        return sum(isinstance(event, Step) and event.skipped for event in self.events)

    def parameter_written(self, identity: int, node: Node) -> None:
        recorder = self._recorder
        if recorder.optimizers.stepping:
            return
        bounds = clipped_to(node, identity)
        if len(self.kept) > _WRITES_KEPT:
            recorder.parameters.clipped.clear()  # or a clip that is not kept would count as missing
            return
        if bounds is not None:
            recorder.parameters.clipped[identity] = bounds
        if not self.events:
            return
        self.kept.append(node)
        before, after = recorder.parameters.looked_at_write(identity)
        self.events.append(
            Write(
                node.order,
                recorder.current_round,
                identity,
                node.order,
                recorder.locator.at(node.place),
                hidden=before.version == after.version,
                before=before.entries,
                after=after.entries,
                bounds=bounds,
            )
        )
        recorder.by_hand.written(identity, node)

    def frozen(self, parameter: torch.Tensor, place: Place | None) -> None:
        recorder = self._recorder
        identity = recorder.adopt(parameter)
        order = recorder.graph.clock.tick()
        location = recorder.locator.at(place)
        self.events.append(Freeze(order, identity, parameter.requires_grad, location))

    def forget(self) -> None:
        self.events.clear()
        self.kept.clear()
        self._untraced.clear()

    def keep(self, nodes: Iterable[Node]) -> None:
        """Have the run hold these values, and what they were computed from."""
        self.kept.extend(nodes)

    def since(self, order: int) -> tuple[Event, ...]:
        return tuple(event for event in self.events if event.order > order)

    def withdraw(self, order: int) -> tuple[Event, ...]:
        """Forget the events since then: they were none of the user's."""
        withdrawn = self.since(order)
        for event in withdrawn:
            if isinstance(event, Backward):
                self._recorder.parameters.unlook(event.cleared)
        self.events = [event for event in self.events if event.order <= order]
        return withdrawn
