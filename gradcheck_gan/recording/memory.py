"""Which memory a value lives in, and whose memory autograd keeps for an operation's derivative."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from gradcheck_gan.recording.frames import Place
from gradcheck_gan.recording.nodes import Node, storage_key, tensors_in
from gradcheck_gan.recording.operations import RETURNS_ITSELF
from gradcheck_gan.recording.pending import Pending

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder

_NODES_LEARNED_FROM = 300
_WRITES_REMEMBERED = 1000


class Habit(NamedTuple):
    """What an operation does in one setting: inputs by position, -1 stands for its result."""

    keeps: tuple[int, ...] = ()
    views: int | None = None


class Overwritten(NamedTuple):
    """A write in place; `memory` is the order of the node that first lived there."""

    order: int
    memory: int
    name: str
    place: Place | None


class Memory:
    """Learns from autograd, once for every operation and setting, what it keeps.

    A node that is looked at is wrapped for good, and torch frees wrapped chains recursively: so
    what was learned of an operation is used again, and no chain of nodes is ever touched.
    """

    def __init__(self) -> None:
        self._habits: dict[Any, Habit] = {}
        self.hooks = 0
        self.writes: deque[Overwritten] = deque(maxlen=_WRITES_REMEMBERED)

    def note(self, node: Node, results: list[torch.Tensor], pending: Pending) -> None:
        """Complete the node of an operation that wrote nothing in place, or wrote `target`."""
        habit = self._habit(node, results, pending)
        if pending.target is None and habit.views is not None:
            source = node.inputs[habit.views][0]
            if pending.name not in _AT_TIMES or _same(results[0], pending.tensors[habit.views]):
                node.memory = source.memory
        node.keeps = _memories(node, habit)

    def note_function(
        self, node: Node, results: list[torch.Tensor], given: list[torch.Tensor]
    ) -> None:
        """Complete the node of a custom Function, which may keep something else at every call."""
        if self.hooks or not results:
            return
        habit = _learn(node.live, results, given, 1)
        if habit.views is not None:
            node.memory = node.inputs[habit.views][0].memory
        node.keeps = _memories(node, habit)

    def written(self, node: Node) -> None:
        self.writes.append(Overwritten(node.order, node.memory, node.name, node.place))

    def _habit(self, node: Node, results: list[torch.Tensor], pending: Pending) -> Habit:
        if self.hooks or len(pending.tensors) != len(node.inputs):
            return _UNKNOWN  # what is kept went through hooks: copies, or made anew
        lives = tuple([live for _, live in node.inputs])
        training = pending.kwargs.get("training")
        key = pending.name, lives, node.live, training, torch._C._is_any_autocast_enabled()
        known = self._habits.get(key)
        if known is None:
            limit = _NODES_LEARNED_FROM if pending.target is None else 1
            known = self._habits[key] = _learn(node.live, results, pending.tensors, limit)
        return known


def _memories(node: Node, habit: Habit) -> tuple[int, ...]:
    return tuple(node.memory if i < 0 else node.inputs[i][0].memory for i in habit.keeps)


_UNKNOWN = Habit()
_AT_TIMES = RETURNS_ITSELF | {"__getitem__", "type"}
"""These return a view or a copy, as it comes."""


def hook_patches(recorder: Recorder) -> list[tuple[Any, str, Callable[[Any], Any]]]:
    """Count the regions where autograd hands what it keeps to hooks (checkpoints, offloading)."""

    def counting(change: int) -> Callable[[Any], Any]:
        def wrap(original: Any) -> Any:
            def switch(self: Any, *args: Any) -> Any:
                if recorder.here():
                    recorder.graph.memory.hooks += change
                return original(self, *args)

            return switch

        return wrap

    region = torch.autograd.graph.saved_tensors_hooks
    return [(region, "__enter__", counting(1)), (region, "__exit__", counting(-1))]


def _learn(live: bool, results: list[torch.Tensor], given: list[torch.Tensor], limit: int) -> Habit:
    places = {
        key: index for index, tensor in enumerate(given) if (key := storage_key(tensor)) is not None
    }
    made = storage_key(results[0])
    views = None if made is None else places.get(made)
    if not live:
        return Habit(views=views)
    if made is not None:
        places[made] = -1
    ends = {tensor.grad_fn for tensor in given if limit > 1}
    kept = {
        places[key]
        for function in _functions(results, ends, limit)
        for tensor in _kept_by(function)
        if (key := storage_key(tensor)) is not None and key in places
    }
    return Habit(tuple(sorted(kept)), views)


def _functions(results: list[torch.Tensor], ends: set[Any], limit: int) -> Iterator[Any]:
    """Autograd's nodes between the results of one operation and what it was given."""
    pending: list[Any] = [tensor.grad_fn for tensor in results]
    seen: set[Any] = {None, *ends}
    while pending and limit:
        function = pending.pop()
        if function not in seen:
            seen.add(function)
            limit -= 1
            yield function
            pending.extend(parent for parent, _ in function.next_functions)


def _kept_by(function: Any) -> Iterable[torch.Tensor]:
    names = [name for name in dir(function) if name.startswith("_saved_")]
    if isinstance(function, torch.autograd.function.BackwardCFunction):
        names = ["saved_tensors"]
    for name in names:
        try:
            kept = getattr(function, name)
        except RuntimeError:
            continue  # freed, or written meanwhile
        yield from tensors_in((kept,))


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    return storage_key(one) == storage_key(other)
