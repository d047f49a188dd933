"""Seen only where several processes train together: what is sent, and what may differ."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.parallel import DistributedDataParallel

from gradcheck_gan.recording.contents import dense_of
from gradcheck_gan.recording.frames import user_place
from gradcheck_gan.recording.nodes import CallRecord
from gradcheck_gan.run import Broadcast, Replica

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder

_MOST = 2_000
_SHARDED = frozenset({"DTensor", "FlatParameter", "FullyShardedDataParallel", "FSDPModule"})
_REFUSAL = (
    "the script keeps its parameters in shards (FSDP, DTensor), and what is computed from those of "
    "other ranks cannot be followed; let it train with DistributedDataParallel, or in one process, "
    "and inspect that."
)


class Together:
    """Empty, and without any cost, where a process is alone."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.on = False
        self.replicas: list[Replica] = []
        self.broadcasts: list[Broadcast] = []
        self.answering = False

    def patches(self) -> list[tuple[Any, str, Callable[[Any], Any]]]:
        name = "_broadcast_coalesced"
        if not self.on or not hasattr(torch.distributed, name):
            return []
        from torch.distributed.algorithms.join import Join

        return [(torch.distributed, name, self._wrap), (Join, "__exit__", self._wrap_join)]

    def made(self, held: Iterable[torch.Tensor]) -> None:
        """An optimizer was made of these."""
        if any(_is_sharded(parameter) for parameter in held):
            self._refuse()

    def called(self, module: torch.nn.Module, call: CallRecord) -> None:
        """A wrapper of torch's own, which averages gradients in the backward pass to come."""
        if call.parent is None and self._recorder.refused is None and _is_sharded(module):
            self._refuse()
        if not self.on or not isinstance(module, DistributedDataParallel):
            return
        if len(self.replicas) < _MOST:
            state: dict[str, Any] = vars(module)
            location = self._recorder.locator.at(call.place)
            syncs = bool(state.get("require_backward_grad_sync", True))
            hooked = bool(state.get("_comm_hooks") or state.get("parameters_to_ignore"))
            self.replicas.append(Replica(call.order, call.module, location, syncs, hooked))

    def _refuse(self) -> None:
        self._recorder.refused = _REFUSAL
        self._recorder.request_stop("rounds")

    def before(self, held: Iterable[torch.Tensor]) -> dict[int, tuple[float, ...]]:
        """Sum and norm of each gradient, then of the parameter: enough to tell ranks apart."""
        if not self.on:
            return {}
        adopt = self._recorder.adopt
        return {adopt(p): (*_sum_and_norm(p.grad), *_sum_and_norm(p)) for p in held}

    def after(
        self, held: Iterable[torch.Tensor], before: Mapping[int, tuple[float, ...]]
    ) -> dict[int, tuple[float, ...]]:
        """What was seen before a step, with sum and norm of the parameters behind it."""
        if not before:
            return {}
        pairs = ((self._recorder.adopt(p), p) for p in held)
        return {i: (*before[i], *_sum_and_norm(p)) for i, p in pairs if i in before}

    def _wrap(self, original: Any) -> Any:
        @functools.wraps(original)
        def broadcast(group: Any, tensors: Any, *args: Any, **kwargs: Any) -> Any:
            given = [tensor for tensor in tensors if isinstance(tensor, torch.Tensor)]
            before = [tensor._version for tensor in given]
            result = original(group, tensors, *args, **kwargs)
            moved = [t for t, v in zip(given, before, strict=True) if t._version != v]
            if moved and self._recorder.here() and len(self.broadcasts) < _MOST:
                self._recorder.attempt(self._sent, moved, sys._getframe(1))
            return result

        return broadcast

    def _wrap_join(self, original: Any) -> Any:
        """A rank that has no more batches steps with the others until they have none, either: that
        is no training of its own."""

        @functools.wraps(original)
        def __exit__(join: Any, *args: Any) -> Any:
            if not self._recorder.here():
                return original(join, *args)
            self.answering = True
            try:
                with self._recorder.pausing():
                    return original(join, *args)
            finally:
                self.answering = False

        return __exit__

    def _sent(self, tensors: list[torch.Tensor], frame: Any) -> None:
        """Noted by the module that holds most of what was sent, where one does."""
        recorder = self._recorder
        wanted = {id(tensor) for tensor in tensors}
        holders = [
            (len(named), identity, named)
            for module, identity in recorder.modules.items()
            if (named := [n for n, b in module.named_buffers() if id(b) in wanted])
        ]
        if not holders:
            return
        _, identity, named = max(holders, key=lambda holder: (holder[0], -holder[1]))
        self.broadcasts.append(
            Broadcast(
                recorder.graph.clock.tick(),
                identity,
                recorder.locator.at(user_place(frame)),
                tuple(named),
                tuple(tuple(tensor.shape) for tensor in tensors),
            )
        )


def _is_sharded(thing: object) -> bool:
    return any(kind.__name__ in _SHARDED for kind in type(thing).__mro__)


def _sum_and_norm(tensor: torch.Tensor | None) -> tuple[float, float]:
    if tensor is None:
        return 0.0, 0.0
    dense = dense_of(tensor).detach()
    norm = torch.linalg.vector_norm(dense, dtype=torch.float64)
    return dense.sum(dtype=torch.float64).item(), norm.item()
