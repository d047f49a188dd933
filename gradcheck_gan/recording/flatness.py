"""Operations whose derivative is zero whatever they are given: torch's own formulas are asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import torch

from gradcheck_gan.recording import operations
from gradcheck_gan.recording.nodes import Node, storage_key
from gradcheck_gan.recording.pending import Pending
from gradcheck_gan.recording.unseen import readable
from gradcheck_gan.recording.watches import DEEPEST

_GENERATED = re.compile(r"\w+Backward\d*|torch::autograd::CopyBackwards")
"""Nodes that show in attributes whatever their formula keeps of the forward pass."""

_SHAPES = re.compile(r"(\w+_)?sizes")
_PLACES = frozenset("dim index indices source source_dim".split())
_ITSELF = frozenset({"self", "result"})

_Key = tuple[object, ...]


class Flatness:
    """Asks once for each kind of call; what depends on places in a tensor, each time."""

    def __init__(self) -> None:
        self._known: dict[_Key, bool] = {}

    def is_flat(self, node: Node, pending: Pending, results: list[torch.Tensor]) -> bool:
        """`results` are live; no number is drawn, and no hook of the script's runs."""
        if operations.is_zero_derivative(node.name, pending.kwargs):
            return True
        key = _key(pending)
        known = self._known.get(key)
        if known is None and _can_be_asked(node, results):
            known, lasting = _answer(pending, results[0])
            if lasting:
                self._known[key] = known
        return bool(known)


def _key(pending: Pending) -> _Key:
    first = pending.first
    words = [one for one in pending.kwargs.values() if isinstance(one, str)]
    live = [live for _, live in pending.inputs]
    return pending.name, first is not None and first.is_complex(), *words, *live


def _can_be_asked(node: Node, results: list[torch.Tensor]) -> bool:
    if torch._C._get_tracing_state() is not None or len(results) != 1:
        return False  # what is asked of a tensor that is being traced becomes part of the trace
    result = results[0]
    plain = readable(result) and storage_key(result) is not None
    return plain and node.depth <= DEEPEST and result.numel() > 0


def _answer(pending: Pending, result: torch.Tensor) -> tuple[bool, bool]:
    """Whether it is flat, and whether that holds for every call of this kind."""
    try:
        return _asked(pending, result)
    except Exception:
        return False, True  # a formula that torch does not have, or one that needs more to run


def _asked(pending: Pending, result: torch.Tensor) -> tuple[bool, bool]:
    node: Any = result.grad_fn
    if node is None or not _GENERATED.fullmatch(node.name()) or not _has_one_output(node):
        return False, True
    kept = {name for name in _kept(node) if not _SHAPES.fullmatch(name)}
    if kept <= _PLACES:
        flat = _gives_zero(node, result)
        return flat, not (flat and kept)
    if kept <= _ITSELF and _hooks_in_force():
        return False, False
    return kept <= _ITSELF and _is_flat_everywhere(pending), True


def _has_one_output(node: Any) -> bool:
    return len(getattr(node, "_input_metadata", "?")) == 1


def _kept(node: Any) -> Iterable[str]:
    return (name[7:] for name in dir(type(node)) if name.startswith("_saved_"))


def _gives_zero(node: Any, result: torch.Tensor) -> bool:
    number = 1 + 0.5j if result.is_complex() else 1
    with torch.no_grad():
        seed = torch.full((), number, dtype=result.dtype, device=result.device)
        given = node(seed.expand(result.shape))
    gradients = [
        one for one in (given if isinstance(given, tuple) else (given,)) if one is not None
    ]
    return bool(gradients) and not any(bool((one != 0).any()) for one in gradients)


def _hooks_in_force() -> bool:
    """Hooks of the script's, a checkpoint's among them, must not be handed tensors of ours."""
    try:
        with torch.autograd.graph.disable_saved_tensors_hooks("none may be in force"):
            return False
    except RuntimeError:
        return True


def _is_flat_everywhere(pending: Pending) -> bool:
    """A formula that keeps only its input, which may matter or not, tried on a range of inputs."""
    method = getattr(torch.Tensor, pending.name, None)
    alone = len(pending.tensors) == 1 and pending.target is None
    if method is None or not alone:
        return False
    inputs = torch.linspace(-8, 8, 64, dtype=torch.float64)
    if pending.tensors[0].is_complex():
        inputs = torch.complex(inputs, inputs.roll(7))
    inputs.requires_grad_()
    with torch.enable_grad():
        result = method(inputs)
    node = result.grad_fn if isinstance(result, torch.Tensor) else None
    return node is not None and _gives_zero(node, result)
