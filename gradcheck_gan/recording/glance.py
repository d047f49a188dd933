"""What autograd's graph alone tells of a loss that nothing recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import torch

from gradcheck_gan.received import Received, State, hints, state_of
from gradcheck_gan.recording.asked import Asked, asked, called, with_paths
from gradcheck_gan.recording.contents import deposit_of
from gradcheck_gan.recording.gradients import gradients_of, nodes_of
from gradcheck_gan.recording.naming import Names
from gradcheck_gan.recording.operations import ZERO_DERIVATIVE
from gradcheck_gan.recording.preserving import preserving
from gradcheck_gan.words import listed


@dataclass(frozen=True, slots=True)
class Glance:
    player: str
    received: tuple[Received, ...]
    others: tuple[tuple[str, int, int], ...]
    hints: tuple[str, ...]


def glance(loss: torch.Tensor, player: Any, caller: FrameType | None) -> Glance:
    names = Names()
    names.survey(caller)
    tensors = with_paths(asked(player), names)
    others = _other_modules(names, tensors)
    held = [p for module in others.values() for p in module.parameters() if p.is_leaf]
    with preserving(names.things(), _never, torch._C.DisableTorchFunction):
        given = _states(loss, [*(each.tensor for each in tensors), *held])
    received = tuple(
        Received(each.name, each.group, state) for each, state in zip(tensors, given, strict=False)
    )
    by_tensor = dict(zip(map(id, held), given[len(tensors) :], strict=True))
    counts = tuple(
        (name, sum(by_tensor[id(p)] == "flows" for p in ps), len(ps))
        for name, module in others.items()
        if (ps := list(module.parameters()))
    )
    return Glance(
        called(player, names), received, counts, tuple(_hints(loss, given[: len(tensors)]))
    )


def _never() -> bool:
    return False


def _states(loss: torch.Tensor, tensors: Sequence[torch.Tensor]) -> list[State]:
    gradients: Sequence[torch.Tensor | None] = [None] * len(tensors)
    if loss.requires_grad:
        gradients = gradients_of([loss], tensors)
    return [
        state_of(None if g is None else deposit_of(g), frozen=not tensor.requires_grad)
        for tensor, g in zip(tensors, gradients, strict=True)
    ]


def _other_modules(names: Names, tensors: Sequence[Asked]) -> dict[str, torch.nn.Module]:
    """Modules in the caller's variables that are no part of the player, outermost ones only."""
    mine = {id(each.tensor) for each in tensors}
    modules = [thing for thing in names.things() if isinstance(thing, torch.nn.Module)]
    inner = {id(child) for module in modules for child in module.modules() if child is not module}
    return {
        names.get(module) or type(module).__name__: module
        for module in modules
        if id(module) not in inner and mine.isdisjoint(map(id, module.parameters()))
    }


def _hints(loss: torch.Tensor, given: Sequence[State]) -> Iterator[str]:
    if not loss.requires_grad:
        yield (
            "The loss requires no gradient at all: it was computed from detached values or "
            "constants, or where gradients are switched off."
        )
    elif loss.grad_fn is None:
        yield "The loss is a leaf: autograd does not know what it was computed from."
    elif "none" in given:
        yield (
            "No way through the graph of the loss leads to what got None: it is detached "
            "somewhere before, was computed without gradient, or is not used."
        )
    elif flat := sorted(ZERO_DERIVATIVE.intersection(map(plain_name, nodes_of(loss)))):
        quoted = listed(f"`{name}`" for name in flat)
        yield f"The graph of the loss holds {quoted}, whose derivative is zero."
    else:
        yield from hints(given)


def plain_name(node: Any) -> str:
    """`floor_divide` for a FloorDivideBackward0."""
    name = str(node.name()).rpartition("::")[2].partition("Backward")[0]
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
