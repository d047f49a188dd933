"""Messages of torch, provoked for real where one process can, are recognised and explained."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from click.testing import CliRunner
from torch import nn

from gradcheck_gan.cli import cli
from gradcheck_gan.report.errors import EXPLANATIONS, explained


def stale() -> None:
    layers = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    loss = layers(torch.ones(1, 2)).sum()
    with torch.no_grad():
        list(layers.parameters())[2].add_(1)
    loss.backward()


def twice() -> None:
    loss = nn.Linear(2, 1)(torch.ones(1, 2)).square().sum()
    loss.backward()
    loss.backward()


def cut() -> None:
    nn.Linear(2, 1)(torch.ones(1, 2)).detach().sum().backward()


def apart() -> None:
    points = torch.ones(1, 2)
    torch.autograd.grad(nn.Linear(2, 1)(points).sum(), points)


def unused() -> None:
    points = torch.ones(1, 2, requires_grad=True)
    torch.autograd.grad(nn.Linear(2, 1)(points.detach()).sum(), points)


def unscaled() -> None:
    layer = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    loss: torch.Tensor = scaler.scale(torch.ones(1, requires_grad=True))
    torch.autograd.backward(loss)
    scaler.step(optimizer)


@pytest.mark.parametrize(
    ("provoke", "told"),
    [
        (stale, "was changed after the forward pass"),
        (twice, "was used twice"),
        (cut, "The loss has no graph"),
        (apart, "its outputs do not depend on"),
        (unused, "its outputs do not depend on"),
        (unscaled, "got no gradient at all"),
    ],
)
def test_a_message_of_torch_is_recognised(provoke: Callable[[], None], told: str) -> None:
    with pytest.raises((RuntimeError, AssertionError)) as raised:
        provoke()
    found = explained(f"Traceback ...\nRuntimeError: {raised.value}")
    assert found is not None
    assert told in found.splitlines()[0]


DDP = (
    "RuntimeError: Expected to have finished reduction in the prior iteration before starting a "
    "new one. This error indicates that your module has parameters that were not used in producing "
    "loss."
)


def test_a_message_of_many_processes_is_recognised() -> None:
    assert "took no part in a loss" in (explained(DDP) or "").splitlines()[0]


def test_every_explanation_says_how_to_find_the_line() -> None:
    for explanation in EXPLANATIONS:
        assert "How to find the line:" in explanation.text
        assert "Cure:" in explanation.text


def test_command_explains_a_pasted_message() -> None:
    result = CliRunner().invoke(cli, ["explain", "--error", DDP.replace(" ", "\n", 3)])
    assert result.exit_code == 0
    assert "find_unused_parameters" in result.stdout
    assert "# " not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--error", "KeyError: 3"], "no known message is in this text; known are: A value"),
        ([], "give either a CODE or --error TEXT"),
        (["GG101", "--error", DDP], "give either a CODE or --error TEXT"),
    ],
)
def test_what_cannot_be_explained_is_refused(arguments: list[str], told: str) -> None:
    result = CliRunner().invoke(cli, ["explain", *arguments])
    assert result.exit_code == 2
    assert told in result.stderr
