"""Optimizers that hooks step while a backward pass runs: what is recorded, and where it stops."""

from __future__ import annotations

import pytest
import torch
from sketch_script import Recorded, record

from gradcheck_gan.checking import check
from gradcheck_gan.run import Backward, Step
from gradcheck_gan.stop import StopInspection

HOOKS = """
del optG, optD
opts = {{p: torch.optim.SGD([p], lr=0.1) for net in (G, D) for p in net.parameters()}}
def hook(p):
    opts[p].step()
    {clear}
for p in opts:
    p.register_post_accumulate_grad_hook(hook)
for _ in range(4):
    fake = G(z)
    (F.softplus(-D(real)) + F.softplus(D(fake.detach()))).mean().backward()
    D.requires_grad_(False)
    F.softplus(-D(fake)).mean().backward()
    D.requires_grad_(True)
    ends = [p.detach().clone() for net in (G, D) for p in net.parameters()]
"""
CLEARED = {
    "None": "opts[p].zero_grad()",
    "zeros": "opts[p].zero_grad(set_to_none=False)",
    "attribute": "p.grad = None",
}


def hooked(clear: str, rounds: int = 100) -> Recorded:
    return record(HOOKS.format(clear=clear), players=True, rounds=rounds)


@pytest.mark.parametrize("clear", CLEARED.values(), ids=CLEARED.keys())
def test_each_player_steps_once_behind_its_pass(clear: str) -> None:
    recorded = hooked(clear)
    events = [e for e in recorded.run.events if isinstance(e, (Backward, Step))]
    assert [type(event) for event in events] == [Backward, Step] * 8
    names = recorded.run.parameters
    for event, player in zip(recorded.passes, "DGDGDGDG", strict=True):
        assert recorded.deposits(event) == {f"{player}.bias": True, f"{player}.weight": True}
    stepped = [{names[p].name: state for p, state in s.gradients.items()} for s in recorded.steps]
    assert stepped[:2] == [
        {f"{player}.{each}": "nonzero" for each in ("bias", "weight")} for player in "DG"
    ]
    assert all(set(found.values()) == {1} for found in recorded.consumed())
    assert check(recorded.run).findings == ()


def test_the_script_is_stopped_behind_the_pass_not_in_it() -> None:
    recorded = hooked("opts[p].zero_grad()", rounds=2)
    assert isinstance(recorded.error, StopInspection)
    whole = hooked("opts[p].zero_grad()")
    assert len(recorded.passes) == 4
    assert all(event.error is None for event in recorded.passes)
    again = record(HOOKS.format(clear="opts[p].zero_grad()").replace("(4)", "(2)"), players=True)
    ends = [p for n in "GD" for p in recorded.scope[n].parameters()]
    assert all(map(torch.equal, ends, again.scope["ends"]))
    assert not any(map(torch.equal, ends, whole.scope["ends"]))


def test_gradient_that_lay_there_before_is_no_deposit_of_the_pass() -> None:
    recorded = record(
        """
        both = torch.optim.SGD([*G.parameters(), *D.parameters()], lr=0.1)
        D(real).mean().backward()
        G.bias.register_post_accumulate_grad_hook(lambda p: both.step())
        G(z).mean().backward()
        """,
        players=True,
    )
    first, second = recorded.passes
    assert set(recorded.deposits(first)) == {"D.bias", "D.weight"}
    assert set(recorded.deposits(second)) == {"G.bias", "G.weight"}


def test_a_player_of_many_parameters_steps_as_one_when_steps_are_counted() -> None:
    many = HOOKS.format(clear="opts[p].zero_grad()").replace(
        "opts =",
        "D = torch.nn.Sequential(*(torch.nn.Linear(3, 3) for _ in range(40)), D)\nopts =",
        1,
    )
    recorded = record(many, players=True, rounds=2, max_steps=20)
    assert len(recorded.run.optimizers) >= 2
    assert recorded.run.outcome.stopped_by == "rounds"
    assert recorded.run.outcome.steps == 4
