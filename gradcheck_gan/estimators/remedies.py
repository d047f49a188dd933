"""The remedies that the fixes name. How good each one is: docs/estimators.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor


def straight_through(fn: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The value of `fn(x)`, with the gradient of `x`.

    `x` is of any shape, and `fn` gives back a tensor of that shape; the result has it, too, and the
    units of `fn(x)`. In the backward pass `fn` counts as the identity: that is biased, and right in
    direction as far as `fn` rises where `x` rises. Parameters inside `fn` get no gradient. After
    Bengio, Leonard and Courville 2013, "Estimating or propagating gradients through stochastic
    neurons", https://arxiv.org/abs/1308.3432.

    Raises ValueError if the shapes differ, TypeError if `x` or `fn(x)` is no tensor.
    """
    _is_tensor("x", x)
    with torch.no_grad():
        hard = fn(x)
    _is_tensor("fn(x)", hard)
    if hard.shape != x.shape:
        raise ValueError(
            f"fn made {tuple(hard.shape)} of {tuple(x.shape)}; a gradient passes straight through "
            "only where each number has one it came from. Use score_function_loss otherwise."
        )
    # x - x is zero without rounding error, so that the value is that of fn to the last bit.
    return hard.to(x.dtype) + torch.where(x.isfinite(), x - x.detach(), 0.0)


def soft_round(x: Tensor, temperature: float) -> Tensor:
    """A smooth stand-in for `x.round()`, of any shape.

    `temperature` and `x` are in units of the rounding step: towards 0 this is rounding, and from
    about 1 on nearly the identity. It meets `x` at every whole and half number and rises
    everywhere; below 0.06 its gradient near whole numbers is lost to the precision of float32.
    Between 0.1 and 0.5 it is useful. Biased: the values differ from those that rounding gives.
    After Agustsson and Theis 2020, "Universally quantized neural compression",
    https://arxiv.org/abs/2006.09952, with alpha = 1 / temperature.

    Raises ValueError for a temperature that is not positive.
    """
    _is_tensor("x", x)
    if not temperature > 0:
        raise ValueError(f"the temperature is {temperature}; it must be above 0.")
    sharpness = 1.0 / temperature
    middle = x.detach().floor() + 0.5
    bend = torch.tanh(sharpness * (x - middle)) / torch.tanh(
        torch.tensor(sharpness / 2, dtype=x.dtype, device=x.device)
    )
    return middle + bend / 2


def score_function_loss(
    log_prob: Tensor,
    reward: Tensor,
    baseline: Tensor | float | Literal["leave-one-out"] | None = "leave-one-out",
) -> Tensor:
    """A loss whose gradient is that of minus the expected reward, for choices that were sampled.

    `log_prob` holds the log-probability, in nats, of every sample that was drawn, with the gradient
    of what it was drawn from; `reward` what each one earned (more is better), of the same shape,
    any unit, and no gradient comes back through it. The first dimension counts the samples, at
    least two for the leave-one-out baseline: the mean reward of the others (Kool, van Hoof and
    Welling 2019, https://openreview.net/forum?id=r1lgTGL5DE). Another baseline is a number, or a
    tensor that broadcasts and does not depend on the sample that it is subtracted from. Unbiased,
    for any of them; the baseline makes the variance smaller. After Williams 1992 (REINFORCE),
    https://doi.org/10.1007/BF00992696.

    Returns a scalar, the mean over all entries. Raises ValueError where the shapes do not fit or
    the log-probability has no gradient.
    """
    _is_tensor("log_prob", log_prob)
    _is_tensor("reward", reward)
    if log_prob.shape != reward.shape:
        raise ValueError(
            f"log_prob has the shape {tuple(log_prob.shape)} and reward {tuple(reward.shape)}; "
            "give one of each for every sample."
        )
    if not log_prob.requires_grad and torch.is_grad_enabled():
        raise ValueError(
            "log_prob has no gradient, so that nothing would be trained; take it from the "
            "distribution that the network made: Categorical(logits=net(x)).log_prob(sample)."
        )
    earned = reward.detach()
    return -(log_prob * (earned - _expected(earned, baseline))).mean()


def _expected(
    reward: Tensor, baseline: Tensor | float | Literal["leave-one-out"] | None
) -> Tensor | float:
    if baseline is None:
        return 0.0
    if isinstance(baseline, Tensor):
        try:
            return baseline.detach().expand_as(reward)
        except RuntimeError:
            raise ValueError(
                f"a baseline of the shape {tuple(baseline.shape)} does not fit rewards of "
                f"{tuple(reward.shape)}."
            ) from None
    if not isinstance(baseline, str):
        return float(baseline)
    if baseline != "leave-one-out":
        raise ValueError(
            f"{baseline!r} is no baseline; use 'leave-one-out', a number, a tensor, or None."
        )
    count = reward.shape[0] if reward.dim() else 1
    if count < 2:
        raise ValueError(
            "there is one sample, and no other to compare it with; draw several, or give a "
            "baseline of your own, or None."
        )
    return (reward.sum(0, keepdim=True) - reward) / (count - 1)


def _is_tensor(name: str, thing: object) -> None:
    if not isinstance(thing, Tensor):
        raise TypeError(f"{name} is {type(thing).__name__}, not a tensor.")
