"""What the numbers in a gradient or a parameter say, at as few looks as possible."""

from __future__ import annotations

from typing import Any

import torch

from gradcheck_gan.recording.nodes import storage_key
from gradcheck_gan.recording.unseen import readable
from gradcheck_gan.run import Deposit

_SIGNAL_SIZE = 256

_SOMETHING = torch.ones(1)
"""Stands for a gradient whose numbers only the script's own tensor type knows."""


def deposit_of(gradient: torch.Tensor) -> Deposit:
    """What a gradient would be as the only deposit of a pass."""
    low, high = bounds_of(dense_of(gradient))
    magnitude = max(-low, high)
    finite = magnitude - magnitude == 0.0
    return Deposit(zero=finite and magnitude == 0.0, finite=finite, magnitude=magnitude)


def dense_of(gradient: torch.Tensor) -> torch.Tensor:
    if not readable(gradient):
        return _SOMETHING
    if gradient.layout is torch.strided and not gradient.requires_grad:
        return torch.view_as_real(gradient) if gradient.is_complex() else gradient
    with torch.no_grad():
        if gradient.layout is not torch.strided:
            gradient = gradient.coalesce().values() if gradient.is_sparse else gradient.to_dense()
        return torch.view_as_real(gradient.detach()) if gradient.is_complex() else gradient.detach()


def bounds_of(dense: torch.Tensor) -> tuple[float, float]:
    if dense.numel() == 0:
        return 0.0, 0.0
    low, high = torch.aminmax(dense)
    return low.item(), high.item()


def entries_of(parameter: torch.Tensor, at: int) -> tuple[float, ...]:
    """The first and the last, and that at a place where the gradient was not zero."""
    dense = dense_of(parameter)
    return tuple(entry_at(dense, place) for place in (0, dense.numel() - 1, at) if dense.numel())


def probe_of(dense: torch.Tensor) -> tuple[int, float]:
    first = entry_at(dense, 0)
    if first != 0.0:
        return 0, first
    index = int((dense != 0).flatten().to(torch.uint8).argmax())
    return index, entry_at(dense, index)


def entry_at(dense: torch.Tensor, index: int) -> float:
    if index >= dense.numel():
        return 0.0
    flat = dense.view(-1) if dense.is_contiguous() else dense.reshape(-1)
    return float(flat[index].item())


def has_any(gradient: torch.Tensor) -> bool:
    dense = dense_of(gradient)
    return dense.numel() > 0 and (entry_at(dense, 0) != 0.0 or bool(dense.any()))


def signal_of(gradient: torch.Tensor) -> tuple[float, ...]:
    unread = storage_key(gradient) is None or not readable(gradient)
    if unread or not gradient.is_floating_point():
        return ()  # sparse, or one that vmap stacks: nothing of it can be read
    with torch.no_grad():
        gradient = gradient.detach()
        mean = gradient.mean(0) if gradient.dim() > 1 else gradient.sum()
        return tuple(float(x) for x in mean.flatten()[:_SIGNAL_SIZE].tolist())


def scores_of(gradient: torch.Tensor) -> tuple[float, ...]:
    """Empty where a sample has more than one number, or there is but one sample."""
    if not gradient.is_floating_point() or storage_key(gradient) is None or not readable(gradient):
        return ()
    if gradient.dim() < 2 or gradient.numel() != gradient.shape[0] or gradient.numel() < 2:
        return ()
    with torch.no_grad():
        return tuple(float(x) for x in gradient.detach().flatten()[:_SIGNAL_SIZE].tolist())


def any_nonzero(gradients: Any) -> bool:
    return any(
        isinstance(gradient, torch.Tensor) and gradient.numel() > 0 and bool((gradient != 0).any())
        for gradient in gradients
    )
