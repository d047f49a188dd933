"""What a node tells who asks about it: its parameters, their shapes, and the gradient they got."""

from __future__ import annotations

from gradcheck_gan.picture.boxes import Box
from gradcheck_gan.run import Backward, Parameter, Run

MOST = 8


def facts_of(run: Run, event: Backward, box: Box) -> tuple[str, ...]:
    held = sorted(
        (run.parameters[one] for one in box.parameters if one in run.parameters),
        key=lambda parameter: parameter.id,
    )
    told = [_told(event, parameter) for parameter in held[:MOST]]
    more = [f"and {len(held) - MOST} more"] if len(held) > MOST else []
    return (*_strongest(event, held), *_signal(event, box), *told, *more)


def _told(event: Backward, parameter: Parameter) -> str:
    shape = " x ".join(map(str, parameter.shape)) or "a scalar"
    return f"{parameter.name} ({shape}): {_gradient(event, parameter)}"


def _gradient(event: Backward, parameter: Parameter) -> str:
    deposit = event.deposits.get(parameter.id)
    if event.kind == "grad":
        return "autograd.grad leaves no gradient in it"
    if parameter.id in event.unknown:
        return "its gradient could not be read"
    if deposit is None:
        return "no gradient"
    if deposit.zero:
        return "a gradient of zeros"
    if not deposit.finite:
        return "a gradient that is not finite"
    return f"gradient up to {deposit.magnitude:.3g}"


def _strongest(event: Backward, held: list[Parameter]) -> list[str]:
    """Only of several: of one, its own line says it."""
    got = [event.deposits[one.id].magnitude for one in held if one.id in event.deposits]
    if len(held) < 2 or not got:
        return []
    return [f"largest entry of their gradients after this pass: {max(got):.3g}"]


def _signal(event: Backward, box: Box) -> list[str]:
    """The gradient that arrived at the output of a module call, where that was measured."""
    if len(box.calls) != 1 or not (signal := event.signals.get(next(iter(box.calls)))):
        return []
    return [f"gradient at its output, averaged over the batch: up to {max(map(abs, signal)):.3g}"]
