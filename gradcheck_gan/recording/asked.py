"""The tensors that somebody means by a player: a module, parameters, a dict of them, a tensor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.parameter import is_lazy

from gradcheck_gan.recording.naming import Names


@dataclass(frozen=True, slots=True)
class Asked:
    """`group` is the path of the module that holds the tensor, if it is known."""

    name: str
    group: str
    tensor: torch.Tensor


def kept(player: Any) -> Any:
    """The player as it can be read twice: an iterator is emptied by the first look."""
    if isinstance(player, (torch.Tensor, torch.nn.Module, torch.optim.Optimizer, Mapping)):
        return player
    return list(player) if hasattr(player, "__iter__") else player


def is_question(player: Any) -> bool:
    """A function that gives the player once the step has run, for what the step itself makes."""
    known = (torch.Tensor, torch.nn.Module, torch.optim.Optimizer)
    return callable(player) and not isinstance(player, (*known, Mapping, list))


def asked(player: Any, *, lazy: bool = False) -> tuple[Asked, ...]:
    """Each tensor once; raises TypeError for what is no player, ValueError for an empty one.

    `lazy` leaves out parameters that have no shape before their module has run.
    """
    found: dict[int, Asked] = {}
    for each in _tensors("", player):
        if is_lazy(each.tensor):
            if lazy:
                continue
            raise ValueError(
                f"{each.name} has no shape yet; run the lazy module once before it is asked for."
            )
        found.setdefault(id(each.tensor), each)
    if not found and not lazy:
        raise ValueError("the player holds no parameters; give the network that is to be trained.")
    return tuple(found.values())


def _tensors(name: str, thing: Any) -> Iterator[Asked]:
    if isinstance(thing, torch.nn.Module):
        for path, parameter in thing.named_parameters(prefix=name):
            yield Asked(path, path.rpartition(".")[0] or ".", parameter)
    elif isinstance(thing, torch.Tensor):
        yield Asked(name, name.rpartition(".")[0], thing)
    elif isinstance(thing, torch.optim.Optimizer):
        yield from _tensors(name, [p for group in thing.param_groups for p in group["params"]])
    elif isinstance(thing, Mapping):
        for key, part in thing.items():
            yield from _tensors(_joined(name, str(key)), part)
    elif isinstance(thing, (list, tuple)):
        for number, part in enumerate(thing):
            yield from _of_list(name, number, part)
    else:
        raise TypeError(
            f"{type(thing).__name__} is no player; give a module, parameters, a dict of them, "
            "or a tensor."
        )


def _of_list(name: str, number: int, part: Any) -> Iterator[Asked]:
    """`named_parameters()` gives pairs; `parameters()` gives tensors without names."""
    if isinstance(part, tuple) and len(part) == 2 and isinstance(part[0], str):
        yield from _tensors(_joined(name, part[0]), part[1])
    elif isinstance(part, torch.Tensor):
        yield Asked(_joined(name, f"[{number}]"), name, part)
    else:
        yield from _tensors(_joined(name, f"[{number}]"), part)


def _joined(name: str, part: str) -> str:
    return f"{name}.{part}" if name and not part.startswith("[") else f"{name}{part}"


def called(player: Any, names: Names) -> str:
    """The name of a player in a message: its variable, else its class, else what it is."""
    if isinstance(player, torch.nn.Module):
        return names.get(player) or type(player).__name__
    if isinstance(player, torch.Tensor):
        return names.get(player) or "the tensor"
    if isinstance(player, torch.optim.Optimizer):
        return f"the parameters of {names.get(player) or type(player).__name__}"
    owner = owner_of(asked(player), names)
    return (owner and names.get(owner)) or "the parameters"


def owner_of(tensors: tuple[Asked, ...], names: Names) -> torch.nn.Module | None:
    """The module whose parameters were given, all of them and no others."""
    given = {id(each.tensor) for each in tensors}
    for thing in names.things():
        if isinstance(thing, torch.nn.Module):
            held = {id(parameter) for parameter in thing.parameters()}
            if held and held == given:
                return thing
    return None


def with_paths(tensors: tuple[Asked, ...], names: Names) -> tuple[Asked, ...]:
    """Of tensors given without names, those of their module."""
    owner = owner_of(tensors, names)
    if owner is None or any(each.group for each in tensors):
        return tensors
    return asked(owner)
