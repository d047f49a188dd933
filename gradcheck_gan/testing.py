"""Assertions about gradient flow, for unit tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradcheck_gan.launch.tracebacks import strip_ours
from gradcheck_gan.results import GradientFlowError, Report

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module
    from torch.optim import Optimizer


def assert_gradient_flow(
    loss_or_step: Tensor | Callable[[], Any],
    player: Any,
    *,
    term: str | int | None = None,
    allow: str | Iterable[str] = (),
) -> None:
    """Fail unless every trainable module of `player` receives gradient from the loss.

    The gradient has to be finite and, within a module, not all zero; a player that is frozen
    fails. `loss_or_step` is a loss, a callable that returns one, or a callable that trains: it is
    run once, and only such a one changes anything. Of it, every proven error about the player
    fails, too. `player` is a module, parameters, a dict of them, a tensor, or a function that gives
    one of these when the step has run.

    `term` asks for one term of the loss: a key or position in what the callable returns, or else
    the variable that the term was assigned to. `allow` holds patterns such as `"head.*"` for
    parameters that rightly get nothing.
    """
    __tracebackhide__ = True
    failure = _failure(loss_or_step, player, term, allow, wanted=True)
    if failure is not None:
        raise failure


def assert_no_gradient_flow(
    loss_or_step: Tensor | Callable[[], Any],
    player: Any,
    *,
    allow: str | Iterable[str] = (),
) -> None:
    """Fail if any parameter of `player` receives a gradient that is not all zero.

    The arguments are those of `assert_gradient_flow`; of a callable that trains, every backward
    pass counts, also where its gradient is thrown away.
    """
    __tracebackhide__ = True
    failure = _failure(loss_or_step, player, None, allow, wanted=False)
    if failure is not None:
        raise failure


def _failure(
    loss_or_step: Any,
    player: Any,
    term: str | int | None,
    allow: str | Iterable[str],
    *,
    wanted: bool,
) -> GradientFlowError | None:
    from gradcheck_gan.asserts import asserting
    from gradcheck_gan.asserts.answers import Question, answer

    __tracebackhide__ = True
    patterns = (allow,) if isinstance(allow, str) else tuple(allow)
    root = Path.cwd()
    caller = sys._getframe(2)
    question = Question(loss_or_step, player, term, patterns, wanted, caller, root)
    try:
        verdict, run = answer(question)
    except BaseException as error:
        _clean(error)
        raise
    if not verdict.fails:
        return None
    words = asserting.missing if wanted else asserting.unwanted
    message = words(verdict, root)
    if run is None:
        return GradientFlowError(message)
    ruled = tuple(finding for finding in verdict.findings if finding.code)
    return GradientFlowError(message, replace(Report.of(run), findings=ruled))


def inspect_step(
    step: Callable[[], Any],
    *,
    generator: str | Module | Iterable[str | Module] | None = None,
    discriminator: str | Module | Iterable[str | Module] | None = None,
    optimizers: Iterable[Optimizer] = (),
    rounds: int = 2,
) -> Report:
    """Call a training step `rounds` times, for real, and report as the command line does.

    `generator` and `discriminator` say who is who, by module or by name; `optimizers` are those
    that the step should use, so that one that never steps is noticed.
    """
    from gradcheck_gan.asserts.stepping import inspected

    __tracebackhide__ = True
    roles = {"generator": generator, "discriminator": discriminator}
    try:
        return inspected(step, roles, optimizers, rounds, sys._getframe(1))
    except BaseException as error:
        _clean(error)
        raise


def _clean(error: BaseException) -> None:
    """What the user's code raised goes on without frames of ours, unless we are to be debugged."""
    if not os.environ.get("GRADCHECK_GAN_DEBUG"):
        strip_ours(error)
