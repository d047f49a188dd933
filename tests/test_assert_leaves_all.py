"""A loss that is asserted on leaves everything as it was; a step happens once, for real."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from gradcheck_gan import assert_gradient_flow, assert_no_gradient_flow, draw, inspect_step
from gradcheck_gan.recording import Recorder
from gradcheck_gan.recording.nesting import NestedRecordingError

Z = torch.randn(6, 4)


class Net(nn.Module):
    """Moves buffers in every way: by a kernel, in place, by a new tensor."""

    calls: Tensor

    def __init__(self) -> None:
        super().__init__()
        layers = nn.BatchNorm1d(4), spectral_norm(nn.Linear(4, 3)), nn.Dropout(), nn.Linear(3, 1)
        self.layers = nn.Sequential(*layers)
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x: Tensor) -> Any:
        self.calls = self.calls + 1
        return self.layers(x)


@pytest.fixture
def net() -> Net:
    torch.manual_seed(0)
    made = Net()
    made(Z).sum().backward()
    return made


def state(net: Net) -> dict[str, Any]:
    drawn: Any = np.random.get_state()
    found: dict[str, Any] = {"torch": torch.get_rng_state(), "python": random.getstate()}
    found["numpy"] = drawn[1].tolist()
    for name, buffer in net.named_buffers():
        found[f"buffer {name}"] = buffer.clone()
    for name, parameter in net.named_parameters():
        found[f"value {name}"] = parameter.detach().clone()
        found[f"grad {name}"] = None if parameter.grad is None else parameter.grad.clone()
    return found


def changed(net: Net, ask: Callable[[], object]) -> set[str]:
    """What is not as before, by value; gradients and buffers must be the same objects as well."""
    before, held = state(net), objects(net)
    ask()
    after = state(net)
    replaced = any(one is not other for one, other in zip(held, objects(net), strict=True))
    moved = {name for name in before if not same(before[name], after[name])}
    return moved | {"objects"} if replaced else moved


def objects(net: Net) -> list[Tensor | None]:
    return [*(parameter.grad for parameter in net.parameters()), *net.buffers()]


def same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return isinstance(other, Tensor) and torch.equal(one, other)
    return bool(one == other)


def noisy(net: Net) -> Any:
    random.random()
    np.random.rand()
    return net(Z + torch.randn(6, 4)).mean()


def test_the_loss_itself_moves_what_is_put_back(net: Net) -> None:
    moved = changed(net, lambda: noisy(net))
    assert {"torch", "python", "numpy", "buffer calls", "objects"} <= moved
    assert "buffer layers.0.running_mean" in moved
    assert any("_u" in name for name in moved)


LOSSES: dict[str, Callable[[Net], object]] = {
    "callable": lambda net: assert_gradient_flow(lambda: noisy(net), net),
    "no flow": lambda net: assert_no_gradient_flow(lambda: noisy(net).detach(), net),
    "drawn": lambda net: draw(net.layers[3](torch.ones(2, 3)).mean()),
    "zero_grad": lambda net: assert_gradient_flow(lambda: cleared(net), net),
    "zero_grad in place": lambda net: assert_gradient_flow(
        lambda: cleared(net, set_to_none=False), net
    ),
}


def cleared(net: Net, **options: bool) -> Any:
    net.zero_grad(**options)
    return noisy(net)


@pytest.mark.parametrize("ask", LOSSES.values(), ids=LOSSES)
def test_everything_is_as_it_was(net: Net, ask: Callable[[Net], object]) -> None:
    assert changed(net, lambda: ask(net)) == set()


def test_a_plain_loss_leaves_everything(net: Net) -> None:
    loss = noisy(net)
    assert changed(net, lambda: assert_gradient_flow(loss, net)) == set()
    loss.backward()


def test_a_graph_from_before_can_still_be_used(net: Net) -> None:
    net.eval()
    before = net(Z).sum()
    net.train()
    assert_gradient_flow(lambda: noisy(net), net)
    before.backward()


def test_an_exception_comes_through_unchanged_and_clean(net: Net) -> None:
    raised = KeyError("mine")

    def fails() -> Any:
        noisy(net)
        raise raised

    def ask() -> None:
        with pytest.raises(KeyError) as caught:
            assert_gradient_flow(fails, net)
        assert caught.value is raised
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        files = [Path(entry.path).name for entry in caught.traceback]
        ours = [file for file in files if file not in ("test_assert_leaves_all.py", "testing.py")]
        assert not ours

    assert changed(net, ask) == set()


class Counted:
    """A step that counts itself and really trains."""

    def __init__(self, net: Net) -> None:
        self.net, self.calls = net, 0
        self.optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def __call__(self) -> None:
        self.calls += 1
        self.optimizer.zero_grad()
        noisy(self.net).backward()
        self.optimizer.step()


def test_a_step_is_called_once_for_real(net: Net) -> None:
    step = Counted(net)
    moved = changed(net, lambda: assert_gradient_flow(step, net))
    assert step.calls == 1
    assert {"value layers.3.weight", "grad layers.3.weight", "buffer calls", "torch"} <= moved


def test_inspect_step_calls_as_often_as_asked(net: Net) -> None:
    step = Counted(net)
    report = inspect_step(step, rounds=3)
    assert step.calls == 3
    assert (report.outcome.rounds, report.outcome.steps) == (3, 3)
    assert [entry.round for entry in report.flow] == [1, 2, 3]


def test_a_second_recording_is_refused(net: Net) -> None:
    with Recorder(), pytest.raises(NestedRecordingError, match="one at a time"), Recorder():
        pass  # pragma: no cover


def test_assertions_inside_a_recording_share_it(net: Net) -> None:
    step = Counted(net)
    with Recorder(rounds=100) as recorder:
        assert_gradient_flow(lambda: noisy(net), net)
        assert_gradient_flow(step, net)
        assert inspect_step(step).outcome.steps == 2
    assert recorder.steps == 3


def test_recordings_follow_one_another(net: Net) -> None:
    for _ in range(3):
        assert_gradient_flow(lambda: noisy(net), net)
        assert_gradient_flow(Counted(net), net)


def test_nothing_is_kept_alive(net: Net) -> None:
    loss = noisy(net)
    assert_gradient_flow(loss, net)
    assert_gradient_flow(lambda: noisy(net), net)
    before = sys.getrefcount(net)
    for _ in range(3):
        assert_gradient_flow(lambda: noisy(net), net)
    assert sys.getrefcount(net) == before
