"""Gradients of a loss that leave every `.grad` as it is."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.autograd.function import BackwardCFunction

from gradcheck_gan.recording.nesting import under_way
from gradcheck_gan.run import Backward

MOST_NODES = 20_000
"""Beyond, torch frees the chain of wrapped nodes recursively, and the process dies."""

Gradients = list[torch.Tensor | None]


def gradients_of(losses: Sequence[torch.Tensor], tensors: Sequence[torch.Tensor]) -> Gradients:
    """Of losses that require grad; None for tensors that require none or that nothing reaches."""
    return observed(losses, tensors)[0]


def observed(
    losses: Sequence[torch.Tensor], tensors: Sequence[torch.Tensor]
) -> tuple[Gradients, list[Backward]]:
    """With the passes that a recording under way saw; they are no part of it any more."""
    recorder = under_way()
    if recorder is None:
        return _gradients(losses, tensors), []
    before = recorder.graph.clock.now
    try:
        found = _gradients(losses, tensors)
    finally:
        events = recorder.history.withdraw(before)
    return found, [event for event in events if isinstance(event, Backward)]


def _gradients(losses: Sequence[torch.Tensor], tensors: Sequence[torch.Tensor]) -> Gradients:
    wanted = [tensor for tensor in tensors if tensor.requires_grad]
    if not wanted:
        return [None] * len(tensors)
    seeds = [_seed(loss) for loss in losses]
    given: Any = torch.autograd.grad(losses, wanted, seeds, retain_graph=True, allow_unused=True)
    missed = [t for t, g in zip(wanted, given, strict=True) if g is None and t.is_leaf]
    found = dict(zip(map(id, wanted), given, strict=True))
    if missed and any(_is_custom(node) for loss in losses for node in nodes_of(loss)):
        found |= zip(map(id, missed), _by_backward(losses, missed, seeds), strict=True)
    return [found.get(id(tensor)) for tensor in tensors]


def _is_custom(node: Any) -> bool:
    """A reentrant checkpoint runs a backward pass of its own, of which the graph shows nothing."""
    return isinstance(node, BackwardCFunction)


def _by_backward(
    losses: Sequence[torch.Tensor], wanted: Sequence[torch.Tensor], seeds: list[torch.Tensor]
) -> Gradients:
    """What such a function deposits only a real pass shows; every `.grad` is put back."""
    leaves = [thing for thing in gc.get_objects() if issubclass(type(thing), torch.Tensor)]
    leaves = [leaf for leaf in leaves if leaf.is_leaf and leaf.requires_grad]
    before = [(leaf, leaf.grad) for leaf in {id(t): t for t in (*leaves, *wanted)}.values()]
    for leaf, _ in before:
        leaf.grad = None
    try:
        torch.autograd.backward(losses, seeds, retain_graph=True)
        return [tensor.grad for tensor in wanted]
    finally:
        for leaf, gradient in before:
            leaf.grad = gradient


def _seed(loss: torch.Tensor) -> torch.Tensor:
    """Uneven, or the scores of a softmax, whose sum is constant, would seem to get nothing."""
    even = torch.ones_like(loss)
    if loss.numel() == 1:
        return even
    ramp = torch.linspace(1, 2, loss.numel(), dtype=torch.float64, device=loss.device)
    return even * ramp.reshape(loss.shape).to(loss.dtype)


def nodes_of(loss: torch.Tensor) -> Iterator[Any]:
    """Every node of the graph that can be touched safely."""
    if loss.grad_fn is None:
        return
    seen: set[Any] = {loss.grad_fn}
    pending: list[Any] = [loss.grad_fn]
    while pending:
        node = pending.pop()
        yield node
        for inner, _ in node.next_functions:
            if inner is not None and inner not in seen and len(seen) < MOST_NODES:
                seen.add(inner)
                pending.append(inner)
