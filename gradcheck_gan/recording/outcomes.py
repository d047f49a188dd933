"""The loss among what a user's callable returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

Term = str | int | None


def is_tensor(thing: Any) -> bool:
    return isinstance(thing, torch.Tensor)


def loss_in(result: Any, term: Term) -> tuple[torch.Tensor, bool]:
    """The loss or the returned term, and whether the term is still to be looked for inside it.

    Raises TypeError where there is no loss and where it is not clear which one is meant.
    """
    found = _tensors(result)
    if term is not None and term in found:
        return found[term], False
    if isinstance(term, int):
        raise TypeError(f"nothing was returned at position {term}; {_offer(found)}")
    if isinstance(result, torch.Tensor):
        return result, term is not None
    if not found:
        raise TypeError(
            f"the callable returned {_kind(result)} and ran no backward pass; return the loss, or "
            "call backward() in it."
        )
    chosen = found.get("loss", next(iter(found.values())) if len(_outer(result)) == 1 else None)
    if chosen is None:
        raise TypeError(f"it is not clear which tensor is the loss; {_offer(found)}")
    return chosen, term is not None


def _outer(result: Any) -> list[torch.Tensor]:
    """Tensors at the top: of `(loss, logs)` the loss."""
    values = result.values() if isinstance(result, Mapping) else result
    return [value for value in values if isinstance(value, torch.Tensor)]


def _tensors(result: Any) -> dict[str | int, torch.Tensor]:
    """By key or position; the keys of dicts inside a tuple count as well."""
    if isinstance(result, Mapping):
        return {str(k): value for k, value in result.items() if isinstance(value, torch.Tensor)}
    if not isinstance(result, (tuple, list)):
        return {}
    found: dict[str | int, torch.Tensor] = {}
    names = getattr(result, "_fields", ())
    for number, value in enumerate(result):
        if isinstance(value, torch.Tensor):
            found[number] = value
            if number < len(names):
                found[names[number]] = value
    for value in result:
        if isinstance(value, Mapping):
            found |= {key: held for key, held in _tensors(value).items() if key not in found}
    return found


def _offer(found: Mapping[str | int, torch.Tensor]) -> str:
    if not found:
        return "return the terms in a dict or a tuple."
    return f"name one of them: term={' or term='.join(repr(key) for key in found)}."


def _kind(result: Any) -> str:
    return "None" if result is None else f"a {type(result).__name__}"
