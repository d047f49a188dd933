"""Passes: their sites, their errors, their roots and the signals at the outputs of modules."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest
import torch
from sketch_script import PLAYERS, record


def test_the_recorder_leaves_gradients_as_they_were() -> None:
    script = """
    for _ in range(3):
        optG.zero_grad()
        D(G(z)).mean().backward()
        optG.step()
    """
    recorded = record(script, players=True)
    plain: dict[str, Any] = {}

    with torch.random.fork_rng():
        exec(PLAYERS + textwrap.dedent(script), plain)
    one, other = recorded.scope["G"], plain["G"]
    assert torch.equal(one.weight, other.weight)
    assert torch.equal(one.weight.grad, other.weight.grad)


def test_a_pass_that_fails_tells_its_error_and_what_it_left() -> None:
    recorded = record(
        """
        loss = D(real).mean()
        loss.backward()
        loss.backward()
        """,
        players=True,
    )
    assert isinstance(recorded.error, RuntimeError)
    assert recorded.passes[0].error is None
    assert recorded.passes[1].error is not None
    assert recorded.passes[1].error.startswith("RuntimeError: ")


def test_two_calls_of_one_helper_are_two_sites_and_a_loop_is_one() -> None:
    recorded = record(
        """
        def back(loss):
            loss.backward()
        for _ in range(2):
            back(D(real).mean())
            back(D(G(z)).mean())
        """,
        players=True,
    )
    first, second, third, fourth = (event.site for event in recorded.passes)
    assert (first, second) == (third, fourth)
    assert first != second
    assert len({event.location for event in recorded.passes}) == 1


def test_the_loss_that_is_a_leaf_is_told() -> None:
    recorded = record(
        """
        loss = torch.tensor(D(real).mean().item(), requires_grad=True)
        loss.backward()
        D(real).mean().backward()
        """,
        players=True,
    )
    assert [event.root_is_leaf for event in recorded.passes] == [True, False]


def test_the_signal_at_a_module_s_output_is_its_gradient() -> None:
    recorded = record("(-3 * D(G(z)).sum()).backward()", players=True)
    signals = recorded.passes[0].signals
    names = {recorded.run.modules[recorded.run.calls[call].module].name for call in signals}
    assert names == {"G", "D"}
    judge = next(
        c for c in signals if recorded.run.modules[recorded.run.calls[c].module].name == "D"
    )
    assert signals[judge] == pytest.approx((-3.0,))


def test_losses_are_the_same_to_the_bit_and_no_random_number_is_used() -> None:
    script = textwrap.dedent(
        """
        losses = []
        for _ in range(4):
            optD.zero_grad()
            loss = D(real).mean() - D(F.dropout(G(torch.randn(4, 2)), 0.3).detach()).mean()
            loss.backward()
            optD.step()
            optG.zero_grad()
            back = -D(G(torch.randn(4, 2))).mean()
            back.backward()
            optG.step()
            losses += [loss.item(), back.item()]
        state = torch.get_rng_state()
        """
    )
    plain: dict[str, Any] = {}
    with torch.random.fork_rng():
        exec(PLAYERS + script, plain)
    recorded = record(script, players=True)
    assert recorded.scope["losses"] == plain["losses"]
    assert torch.equal(recorded.scope["state"], plain["state"])
