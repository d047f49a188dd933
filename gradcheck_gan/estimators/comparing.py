"""Measure how well each estimator's gradient fits a function that has none of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import gumbel_softmax

from gradcheck_gan.estimators.remedies import score_function_loss, soft_round, straight_through

Function = Callable[[Tensor], Tensor | float]
PROBES = 8
REPEATS = 16


class ComparisonError(Exception):
    """Nothing can be compared; the message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where to measure: `size` numbers, normally distributed with deviation `scale`.

    `sigma` is the deviation of the noise that smoothes the function, in the same units; `samples`
    are drawn of it for each derivative.
    """

    size: int = 8
    scale: float = 2.0
    sigma: float = 0.5
    samples: int = 400
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One estimator: `cosine` to the truth, `variance` as a multiple of its squared length.

    `calls` of the function and `milliseconds` are those of one estimate. `why_not` says why it does
    not apply.
    """

    name: str
    cosine: float = 0.0
    variance: float = 0.0
    calls: int = 0
    milliseconds: float = 0.0
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """A loss: the function's results at `x`, weighted; `truth` is its smoothed gradient."""

    x: Tensor
    weights: Tensor
    truth: Tensor


@dataclass(frozen=True, slots=True)
class Candidate:
    """`loss` is built from the function at `x` so that its gradient in `x` is the estimate."""

    name: str
    loss: Callable[[Counted, Tensor, Tensor, float], Tensor]
    needs: Callable[[Tensor, Tensor], str] = lambda x, y: ""
    is_random: bool = False


class Counted:
    """The function, with its results made tensors and its calls counted."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self.calls = 0

    def __call__(self, x: Tensor) -> Tensor:
        self.calls += 1
        result = self._function(x)
        if isinstance(result, (bool, int, float)):
            result = torch.tensor(float(result))
        if not isinstance(result, Tensor):
            kind = type(result).__name__
            raise ComparisonError(f"the function returned {kind}; let it return a tensor.")
        return result.float()


def _same_shape(x: Tensor, y: Tensor) -> str:
    return "" if y.shape == x.shape else "needs one number out for each number in"


def _one_hot(x: Tensor, y: Tensor) -> str:
    chosen = y.shape == x.shape and sorted(y.tolist()) == [0.0] * (len(x) - 1) + [1.0]
    return "" if chosen else "needs a function that chooses one of its inputs"


def _straight(f: Counted, x: Tensor, weights: Tensor, sigma: float) -> Tensor:
    return (weights * straight_through(f, x)).sum()


def _clipped(f: Counted, x: Tensor, weights: Tensor, sigma: float) -> Tensor:
    return (weights * straight_through(lambda _: f(x.detach()), x.clamp(-1, 1))).sum()


def _soft(f: Counted, x: Tensor, weights: Tensor, sigma: float) -> Tensor:
    return (weights * soft_round(x, 0.3)).sum()


def _softmax(f: Counted, x: Tensor, weights: Tensor, sigma: float) -> Tensor:
    return (weights * straight_through(lambda _: f(x.detach()), x.softmax(0))).sum()


def _gumbel(f: Counted, x: Tensor, weights: Tensor, sigma: float) -> Tensor:
    return (weights * gumbel_softmax(x, hard=True)).sum()


def _score(count: int) -> Callable[[Counted, Tensor, Tensor, float], Tensor]:
    def loss(f: Counted, x: Tensor, weights: Tensor, sigma: float) -> Tensor:
        drawn = (x + sigma * torch.randn(count, *x.shape)).detach()
        log_prob = -((drawn - x) ** 2).sum(1) / (2 * sigma**2)
        reward = torch.stack([-(weights * f(one)).sum() for one in drawn])
        return score_function_loss(log_prob, reward)

    return loss


CANDIDATES = (
    Candidate("straight_through", _straight, _same_shape),
    Candidate("straight_through within [-1, 1]", _clipped, _same_shape),
    Candidate("soft_round(x, 0.3)", _soft, _same_shape),
    Candidate("straight_through of softmax", _softmax, _one_hot),
    Candidate("gumbel_softmax(hard=True)", _gumbel, _one_hot, is_random=True),
    Candidate("score_function_loss, 4 samples", _score(4), is_random=True),
    Candidate("score_function_loss, 64 samples", _score(64), is_random=True),
)


def compare(function: Function, setting: Setting | None = None) -> tuple[Row, ...]:
    """The estimators that apply, best first, then those that do not.

    The truth is the gradient of the function smoothed by noise, by finite differences; the loss is
    the sum of the function's results, weighted at random. Random state is left as it was. Raises
    ComparisonError where the function is constant, or returns what is no number.
    """
    setting = setting or Setting()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(setting.seed)
        probes = [_probe(Counted(function), setting) for _ in range(PROBES)]
        if not any(bool(probe.truth.any()) for probe in probes):
            raise ComparisonError(
                f"the function is constant around every point, smoothed by {setting.sigma:g} too; "
                "raise --sigma or --scale to where its values differ."
            )
        rows = [_measured(one, function, probes, setting) for one in CANDIDATES]
    return tuple(sorted(rows, key=lambda row: (bool(row.why_not), -row.cosine, row.variance)))


def _probe(f: Counted, setting: Setting) -> Probe:
    x = setting.scale * torch.randn(setting.size)
    with torch.no_grad():
        weights = torch.randn_like(f(x))
        truth = torch.stack([_slope(f, x, weights, at, setting) for at in range(setting.size)])
    return Probe(x, weights, truth)


def _slope(f: Counted, x: Tensor, weights: Tensor, at: int, setting: Setting) -> Tensor:
    """Of the smoothed loss in one direction, by central differences of half the noise's width."""
    reach = torch.zeros_like(x)
    reach[at] = setting.sigma / 2
    total = torch.zeros(())
    for _ in range(setting.samples):
        near = x + setting.sigma * torch.randn_like(x)
        total += (weights * (f(near + reach) - f(near - reach))).sum()
    return total / (setting.samples * setting.sigma)


def _measured(one: Candidate, function: Function, probes: list[Probe], setting: Setting) -> Row:
    f = Counted(function)
    with torch.no_grad():
        lacking = {one.needs(probe.x, f(probe.x)) for probe in probes} - {""}
    if lacking:
        return Row(one.name, why_not=lacking.pop())
    next(_estimates(one, f, probes[0], setting.sigma))  # the first of a kind is slow
    f.calls, started, count = 0, time.perf_counter(), 0
    cosines, variances = [], []
    for probe in probes:
        found = torch.stack(list(_estimates(one, f, probe, setting.sigma)))
        count += len(found)
        if bool(probe.truth.any()):
            cosines.append(torch.cosine_similarity(found, probe.truth, dim=1).mean())
            spread = (
                ((found - found.mean(0)) ** 2).sum(1).mean() if one.is_random else torch.zeros(())
            )
            variances.append(spread / (probe.truth**2).sum())
    return Row(
        one.name,
        float(torch.stack(cosines).mean()),
        float(torch.stack(variances).median()),
        f.calls // count,
        (time.perf_counter() - started) * 1000 / count,
    )


def _estimates(one: Candidate, f: Counted, probe: Probe, sigma: float) -> Iterator[Tensor]:
    for _ in range(REPEATS if one.is_random else 1):
        x = probe.x.clone().requires_grad_()
        (found,) = torch.autograd.grad(one.loss(f, x, probe.weights, sigma), x)
        yield found
