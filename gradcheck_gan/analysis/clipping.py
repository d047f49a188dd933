"""When weights were clipped and when they were stepped, and who ran through them in between."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.run import Backward, Step, Write


class ClipHistory:
    """Per parameter with several entries, in order: the steps on it and the writes to it."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._parameters = study.run.parameters
        self.changes: dict[int, list[Step | Write]] = defaultdict(list)
        for event in study.run.events:
            if isinstance(event, Write) and self._is_matrix(event.parameter):
                self.changes[event.parameter].append(event)
            elif isinstance(event, Step) and not event.skipped:
                for parameter in filter(self._is_matrix, event.gradients):
                    self.changes[parameter].append(event)

    def _is_matrix(self, parameter: int) -> bool:
        """A clamp of a single number bounds a temperature or the like, not a network."""
        return parameter in self._parameters and self._parameters[parameter].numel > 1

    def clips(self, player: Player) -> list[Write]:
        """Those after a step: what is clipped once, before any, is an initial value."""
        found: list[Write] = []
        for parameter in player.parameters:
            stepped = False
            for change in self.changes.get(parameter, ()):
                if isinstance(change, Step):
                    stepped = True
                elif stepped and change.bounds is not None:
                    found.append(change)
        return sorted(found, key=lambda write: write.order)

    @cached_property
    def _readers(self) -> dict[int, list[tuple[int, int]]]:
        """Per value, the parameters that it was computed from directly."""
        values = self._study.run.values
        found: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for value in values.values():
            for edge in value.inputs:
                source = values.get(edge.source)
                if source is not None and source.kind == "parameter" and source.parameter:
                    found[value.id].append((value.id, source.parameter))
        return found

    def unclipped(self, event: Backward, player: Player) -> dict[int, Step]:
        """The player's parameters that the pass ran through as a step had left them, outside."""
        below = frozenset[int]().union(*(self._study.flow.below(root) for root in event.roots))
        found: dict[int, Step] = {}
        for value in below & self._readers.keys():
            for when, parameter in self._readers[value]:
                last = self._last(parameter, when) if parameter in player.parameters else None
                if isinstance(last, Step) and parameter in last.outside:
                    found[parameter] = last
        return found

    def _last(self, parameter: int, before: int) -> Step | Write | None:
        earlier = [change for change in self.changes.get(parameter, ()) if change.order < before]
        return earlier[-1] if earlier else None
