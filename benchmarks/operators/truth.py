"""What autograd does with an operator, told by plain torch: no part of the tool runs here."""

from __future__ import annotations

import contextlib
import io
import runpy
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from benchmarks.operators.samples import Sample, UnusableError, all_samples, numbers

Kind = Literal["flows", "zero", "cut", "overflows"]
"""What arrives: something, zeros, nothing at all; Inf or NaN, if no sample gives anything else."""


def kinds(name: str) -> dict[Kind, int]:
    """What becomes of gradient, and the first sample that shows it. Raises `UnusableError`."""
    found: dict[Kind, int] = {}
    reasons = []
    for number, sample in enumerate(all_samples(name)):
        try:
            found.setdefault(_kind(sample), number)
        except UnusableError as reason:
            reasons.append(str(reason))
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            reasons.append(_reason(error))
    if not found:
        raise UnusableError(max(reasons, key=reasons.count))
    if len(found) > 1:
        found.pop("overflows", None)
    return found


def _kind(sample: Sample) -> Kind:
    torch.manual_seed(0)
    leaves = [part.detach().clone().requires_grad_() for part in sample.noise]
    shown = numbers_of(sample.run([leaf * 1 for leaf in leaves]))
    if not shown.requires_grad:
        return "cut"
    weights = torch.rand(shown.shape) + 0.5
    given = torch.autograd.grad((weights * shown).sum(), leaves, allow_unused=True)
    return _arrived([gradient for gradient in given if gradient is not None])


def _arrived(gradients: list[torch.Tensor]) -> Kind:
    if not gradients:
        return "cut"
    if not all(bool(torch.isfinite(one).all()) for one in gradients):
        return "overflows"
    return "flows" if any(bool((one != 0).any()) for one in gradients) else "zero"


def numbers_of(shown: Any) -> torch.Tensor:
    """Raises `UnusableError`."""
    try:
        column = numbers(shown)
    except (RuntimeError, ValueError):
        raise UnusableError("gives back no tensor") from None
    if not column.numel():
        raise UnusableError("gives back nothing")
    return column


def _reason(error: BaseException) -> str:
    text = str(error)
    if "not implemented" in text:
        return "torch has no derivative of it: the backward pass raises"
    if "only supported on CUDA" in text:
        return "runs on accelerators only"
    if "requires grad" in text or "require grad" in text:
        return "refuses what requires gradient"
    return f"raises: {text.splitlines()[0][:80]}"


@dataclass(frozen=True, slots=True)
class Shown:
    """`whatever_it_is_given`: zeros come back for other input, too; `reads_values`: what comes out
    changes with the numbers that go in."""

    deposits: Kind
    whatever_it_is_given: bool
    reads_values: bool


def shown(path: Path, sample: Sample) -> Shown:
    return Shown(_deposits(path), _is_always_zero(sample), _reads_values(sample))


def _is_always_zero(sample: Sample) -> bool:
    kinds = set()
    for number in range(4):
        torch.manual_seed(number)
        noise = tuple(torch.rand_like(part) if number else part for part in sample.noise)
        with contextlib.suppress(RuntimeError, UnusableError):
            kinds.add(_kind(replace(sample, noise=noise)))
    return kinds == {"zero"}


def _reads_values(sample: Sample) -> bool:
    torch.use_deterministic_algorithms(True, warn_only=True)  # memory is filled, not left as it was
    columns = []
    try:
        for factor in (1.0, -3.0, 0.0):
            torch.manual_seed(0)
            columns.append(numbers_of(sample.run([part * factor for part in sample.noise])))
    except (RuntimeError, UnusableError):
        return True
    finally:
        torch.use_deterministic_algorithms(False)
    return not all(torch.equal(one, columns[0]) for one in columns)


def _deposits(path: Path) -> Kind:
    """Runs a program and looks at what its generator's optimizer is about to step on."""
    held: list[tuple[Any, Kind]] = []

    def look(optimizer: torch.optim.Optimizer, *_: Any) -> None:
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"]]
        held.append((optimizer, _arrived([one for one in gradients if one is not None])))

    handle = register_optimizer_step_pre_hook(look)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            left = runpy.run_path(str(path), run_name="__main__")
    finally:
        handle.remove()
    seen: set[Kind] = {kind for optimizer, kind in held if optimizer is left["optG"]}
    order: tuple[Kind, ...] = ("overflows", "flows", "zero")
    return next((kind for kind in order if kind in seen), "cut")
