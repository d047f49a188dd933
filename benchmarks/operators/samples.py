"""Samples of torch's operator database, and what autograd says of each by itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import torch

MOST = 32
"""Samples of one operator that are looked at; some entries have hundreds."""

GRADUAL = (torch.float32, torch.float64, torch.bfloat16, torch.float16)


class UnusableError(Exception):
    """Why no generator can send its output through an operator; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Sample:
    """`noise` are the numbers that a generator's output takes the place of."""

    operator: Callable[..., Any]
    noise: tuple[torch.Tensor, ...]
    listed: bool
    args: tuple[Any, ...]
    options: dict[str, Any]

    def run(self, parts: list[torch.Tensor]) -> Any:
        return self.operator(parts if self.listed else parts[0], *self.args, **self.options)


@lru_cache(maxsize=1)
def database() -> dict[str, Any]:
    from torch.testing._internal.common_methods_invocations import op_db

    return {" ".join(filter(None, (e.name, e.variant_test_name))): e for e in op_db}


@lru_cache(maxsize=1)
def all_samples(name: str) -> tuple[Sample, ...]:
    """The same ones whenever they are drawn. Raises `UnusableError`."""
    entry = database()[name]
    kind = next((kind for kind in GRADUAL if kind in entry.dtypes), None)
    if kind is None:
        raise UnusableError("takes no floating-point numbers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        drawn = list(islice(entry.sample_inputs("cpu", kind, requires_grad=False), MOST))
    found = [_sample(entry.op, one) for one in drawn]
    usable = tuple(one for one in found if isinstance(one, Sample))
    if not usable:
        raise UnusableError(next(str(one) for one in found))
    return usable


def drawn(name: str, number: int) -> Sample:
    return all_samples(name)[number]


def _sample(operator: Callable[..., Any], given: Any) -> Sample | str:
    listed = isinstance(given.input, (list, tuple))
    noise = tuple(given.input) if listed else (given.input,)
    if not noise or not all(isinstance(part, torch.Tensor) for part in noise):
        return "takes no tensor"
    if not all(part.is_floating_point() for part in noise):
        return "its samples hold no floating-point numbers in the first place"
    if not all(part.layout is torch.strided for part in noise):
        return "its samples are sparse"
    if not any(part.numel() for part in noise):
        return "its samples are empty"
    return Sample(operator, noise, listed, tuple(given.args), dict(given.kwargs))


def tensors_in(thing: Any) -> Iterator[torch.Tensor]:
    if isinstance(thing, torch.Tensor):
        yield thing
    elif isinstance(thing, (list, tuple)):
        for one in thing:
            yield from tensors_in(one)


def numbers(shown: Any) -> torch.Tensor:
    """Everything that an operator gave back, as one column."""
    return torch.cat([_column(one) for one in tensors_in(shown)])


def _column(one: torch.Tensor) -> torch.Tensor:
    if one.is_quantized:
        one = one.dequantize()
    if one.layout is not torch.strided:
        one = one.to_dense()
    if one.is_complex():
        one = torch.view_as_real(one.resolve_conj())
    return torch.nan_to_num(one.reshape(-1, 1).to(torch.float32), 0.0, 0.0, 0.0)
