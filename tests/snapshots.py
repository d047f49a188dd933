"""What a script can find out about its own objects and about torch, as comparable text."""

from __future__ import annotations

import copy
import hashlib
import inspect
import io
import pickle
import random
import re
import sys
import traceback
import warnings
from collections import deque
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

import torch

_PLAIN = (int, float, complex, str, bytes, bool, type(None), torch.dtype, torch.device, torch.Size)
_HOLDERS: tuple[Any, ...] = (
    inspect,
    torch,
    torch.Tensor,
    torch.amp.GradScaler,
    torch.autograd,
    torch.autograd.Function,
    torch.autograd.Variable,
    torch.autograd.graph,
    torch.inference_mode,
    torch.nn.Module,
    torch.nn.Parameter,
    torch.nn.functional,
    torch.optim.Optimizer,
    torch.overrides,
    traceback.StackSummary,
    warnings,
)
_OF_THE_SYSTEM = ("_ident", "_native_id")
"""Attributes of threads that differ from run to run."""
_HOOKS = ("_backward_hooks", "_post_accumulate_grad_hooks")


def described(roots: Mapping[str, object]) -> dict[str, str]:
    """One line an object that can be reached from the roots, by the path that leads there."""
    lines: dict[str, str] = {}
    seen: set[int] = set()
    pending = deque(roots.items())
    while pending:
        path, thing = pending.popleft()
        if isinstance(thing, _PLAIN):
            lines[path] = repr(thing)
        elif id(thing) not in seen:
            seen.add(id(thing))
            lines[path] = _line(thing)
            pending.extend((f"{path}{key}", part) for key, part in _parts(thing))
    return lines


def _line(thing: object) -> str:
    if isinstance(thing, torch.Tensor):
        return _tensor(thing)
    if type(thing).__name__ == "ndarray":
        return f"array {_hash(thing.tobytes())}"  # type: ignore[attr-defined]
    attributes = sorted(vars(thing)) if _has_attributes(thing) else ""
    return f"{type(thing).__name__} {attributes}"


def _tensor(tensor: torch.Tensor) -> str:
    if tensor.is_nested or tensor.is_meta or tensor.is_quantized:
        return f"{type(tensor).__name__} {tensor.dtype} {tensor.layout} {vars(tensor)}"
    version = None if tensor.is_inference() else tensor._version
    hooks = [name for name in _HOOKS if getattr(tensor, name, None)]
    maker = type(tensor.grad_fn).__name__
    facts = (tensor.dtype, tuple(tensor.shape), tensor.requires_grad, tensor.is_leaf, version)
    return f"{type(tensor).__name__} {facts} {maker} {hooks} {vars(tensor)} {_content(tensor)}"


def _content(tensor: torch.Tensor) -> str:
    with torch.no_grad():
        plain = tensor.detach()
        if plain.layout is not torch.strided:
            plain = plain.to_dense()
        raw = plain.cpu().contiguous().reshape(-1).view(torch.uint8)
        return _hash(bytes(raw.tolist()))


def _hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _parts(thing: object) -> Iterator[tuple[str, object]]:
    if isinstance(thing, torch.Tensor):
        if thing.is_leaf and thing.grad is not None:
            yield ".grad", thing.grad
    elif isinstance(thing, dict):
        for index, (key, part) in enumerate(list(thing.items())):
            yield f"[{key if isinstance(key, str | int) else index!r}]", part
    elif isinstance(thing, list | tuple | deque):
        yield from ((f"[{index}]", part) for index, part in enumerate(thing))
    elif isinstance(thing, FunctionType):
        for index, cell in enumerate(thing.__closure__ or ()):
            yield f".cell{index}", cell.cell_contents
    elif _has_attributes(thing):
        attributes = vars(thing).items()
        yield from ((f".{n}", part) for n, part in attributes if n not in _OF_THE_SYSTEM)


def _has_attributes(thing: object) -> bool:
    """Players, and objects of the script's own classes; not the inner life of libraries."""
    if isinstance(thing, torch.nn.Module | torch.optim.Optimizer):
        return True
    home = sys.modules.get(type(thing).__module__)
    inside = "site-packages" not in (getattr(home, "__file__", None) or "site-packages")
    users = type(thing).__module__ == "__main__" or inside
    return users and hasattr(thing, "__dict__") and not isinstance(thing, type | ModuleType)


def copies(roots: Mapping[str, object]) -> dict[str, str]:
    """What becomes of each module when it is copied and pickled, warnings included."""
    made: dict[str, str] = {}
    for name, thing in roots.items():
        if isinstance(thing, torch.nn.Module):
            made[f"{name} copied"] = _attempt(lambda thing=thing: copy.deepcopy(thing))
            made[f"{name} pickled"] = _attempt(lambda thing=thing: pickle.dumps(thing) and None)
            made[f"{name} saved"] = _attempt(lambda thing=thing: torch.save(thing, io.BytesIO()))
    return made


def _attempt(action: Any) -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = described({"": action()})
        except Exception as error:
            result = {"raised": re.sub("0x[0-9a-f]+", "", f"{type(error).__name__}: {error}")}
    return f"{result} {[str(warning.message) for warning in caught]}"


def random_states() -> list[str]:
    """Random states of torch, python and, if it is loaded, numpy."""
    states = [_content(torch.get_rng_state()), _hash(repr(random.getstate()).encode())]
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        states.append(_hash(repr(numpy.random.get_state()).encode()))
    return states


def torch_attributes() -> list[dict[str, object]]:
    """Every attribute of what a recording may patch."""
    return [dict(_attributes(holder)) for holder in _HOLDERS]


def _attributes(holder: object) -> Iterator[tuple[str, object]]:
    for name, value in vars(holder).copy().items():
        yield name, value
        function = getattr(value, "__func__", value)
        if isinstance(function, FunctionType):
            yield f"{name}'s code", function.__code__


def changes_since(before: list[dict[str, object]]) -> list[str]:
    """Attributes of torch and `warnings` that are not what they were."""
    left: list[str] = []
    for holder, old, new in zip(_HOLDERS, before, torch_attributes(), strict=True):
        both = {**old, **new}
        names = [name for name in both if old.get(name, left) is not new.get(name, left)]
        left += [f"{holder.__name__}.{name}" for name in sorted(names)]
    overrides: Any = torch.overrides
    if overrides._get_current_function_mode_stack():
        left.append("a torch function mode is active")
    return [name for name in left if name not in _REBUILT]


# `warnings` counts its own changes; the registry grows with each warning shown.
_REBUILT = frozenset({"warnings.__warningregistry__", "torch.__warningregistry__"})
