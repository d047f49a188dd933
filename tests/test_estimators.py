"""The remedies: their values, and their gradients against exact enumeration and differences."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

from gradcheck_gan.estimators import score_function_loss, soft_round, straight_through

LOGITS = torch.tensor([0.3, -0.8, 1.1], dtype=torch.float64)
REWARDS = torch.tensor([1.0, 4.0, -2.0], dtype=torch.float64)


def gradient(result: Tensor, of: Tensor) -> Tensor:
    (found,) = torch.autograd.grad(result, of)
    return found


def exact() -> Tensor:
    """Of minus the expected reward, which three outcomes allow to write down."""
    logits = LOGITS.clone().requires_grad_()
    return gradient(-(logits.softmax(0) * REWARDS).sum(), logits)


def every_draw(count: int, baseline: Any) -> tuple[Tensor, Tensor]:
    """Mean and total variance of the estimate, over all that could have been drawn."""
    logits = LOGITS.clone().requires_grad_()
    weights, found = [], []
    for drawn in product(range(3), repeat=count):
        index = torch.tensor(drawn)
        log_prob = logits.log_softmax(0)[index]
        weights.append(log_prob.sum().exp().detach())
        found.append(gradient(score_function_loss(log_prob, REWARDS[index], baseline), logits))
    weight, each = torch.stack(weights)[:, None], torch.stack(found)
    mean = (weight * each).sum(0)
    return mean, (weight * (each - mean) ** 2).sum()


@pytest.mark.parametrize("baseline", [None, 2.5, torch.tensor([1.0]), "leave-one-out"])
@pytest.mark.parametrize("count", [2, 4])
def test_score_function_is_unbiased(count: int, baseline: Any) -> None:
    mean, _ = every_draw(count, baseline)
    assert torch.allclose(mean, exact(), atol=1e-12)


def test_baseline_makes_the_variance_smaller() -> None:
    """Where the rewards are far from zero, as a discriminator's scores are."""
    none, others = (every_draw(4, one)[1] for one in (-20.0, "leave-one-out"))
    assert others < none / 20


def test_score_function_sends_nothing_through_the_reward() -> None:
    reward = torch.ones(2, requires_grad=True)
    log_prob = torch.zeros(2, requires_grad=True)
    loss = score_function_loss(log_prob, reward * torch.tensor([1.0, 2.0]))
    found = torch.autograd.grad(loss, [log_prob, reward], allow_unused=True)
    assert found[0] is not None
    assert found[1] is None


def test_rewards_of_a_batch_are_compared_sample_by_sample() -> None:
    log_prob = torch.zeros(2, 3, requires_grad=True)
    reward = torch.tensor([[1.0, 5.0, 9.0], [3.0, 5.0, 1.0]])
    found = gradient(score_function_loss(log_prob, reward), log_prob)
    assert torch.equal(found * -6, torch.tensor([[-2.0, 0.0, 8.0], [2.0, 0.0, -8.0]]))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((torch.zeros(3, requires_grad=True), torch.zeros(2)), "shape"),
        ((torch.zeros(3), torch.zeros(3)), "no gradient"),
        ((torch.zeros(1, requires_grad=True), torch.zeros(1)), "draw several"),
        ((torch.zeros((), requires_grad=True), torch.zeros(())), "draw several"),
        ((torch.zeros(2, requires_grad=True), torch.zeros(2), "mean"), "'mean'"),
        ((torch.zeros(2, requires_grad=True), torch.zeros(2), torch.zeros(3)), "does not fit"),
    ],
)
def test_score_function_says_what_is_wrong(arguments: tuple[Any, ...], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        score_function_loss(*arguments)


@pytest.mark.parametrize("temperature", [0.1, 0.2, 0.5, 1.0, 5.0])
def test_soft_round_has_the_gradient_of_its_differences(temperature: float) -> None:
    x = torch.tensor([-2.3, -0.51, 0.01, 0.49, 0.7, 3.2], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda one: soft_round(one, temperature), x)
    assert (gradient(soft_round(x, temperature).sum(), x) > 0).all()


def test_soft_round_lies_between_rounding_and_the_identity() -> None:
    x = torch.linspace(-3.2, 3.3, 131, dtype=torch.float64)
    away = (x - x.floor() - 0.5).abs() > 1e-9
    assert torch.allclose(soft_round(x, 0.01)[away], x.round()[away], atol=0.05)
    assert torch.allclose(soft_round(x, 50.0), x, atol=1e-4)
    marks = torch.arange(-6, 7, dtype=torch.float64) / 2
    for temperature in (0.05, 0.3, 2.0):
        assert torch.allclose(soft_round(marks, temperature), marks, atol=1e-12)


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan])
def test_soft_round_refuses_a_temperature_that_is_none(temperature: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        soft_round(torch.zeros(2), temperature)


@pytest.mark.parametrize("fn", [torch.round, torch.sign, lambda x: x > 0.1, lambda x: x.long()])
def test_straight_through_has_the_value_of_fn_and_the_gradient_of_x(fn: Any) -> None:
    x = (torch.randn(200, generator=torch.Generator().manual_seed(0)) * 1e4).requires_grad_()
    passed = straight_through(fn, x)
    assert torch.equal(passed, fn(x.detach()).to(x.dtype))
    weights = torch.arange(200.0)
    assert torch.equal(gradient((passed * weights).sum(), x), weights)


def test_straight_through_keeps_what_is_not_finite_out() -> None:
    x = torch.tensor([math.inf, 1.4], requires_grad=True)
    passed = straight_through(lambda one: one.clamp(max=9).round(), x)
    assert passed.tolist() == [9, 1]
    assert gradient(passed.sum(), x).tolist() == [0, 1]


def test_straight_through_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match=r"made \(\) of \(3,\)"):
        straight_through(torch.sum, torch.zeros(3))
    with pytest.raises(TypeError, match=r"fn\(x\) is int"):
        straight_through(lambda x: 3, torch.zeros(3))  # type: ignore[arg-type,return-value]
