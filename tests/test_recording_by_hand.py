"""Steps without torch's optimizers, and steps inside another's closure: what counts, and where."""

from __future__ import annotations

import pytest
from sketch_script import Recorded, record

PLAIN = """
class Plain(torch.optim.Optimizer):
    def __init__(self, params):
        self.param_groups = [{"params": list(params)}]
    def step(self):
        for p in self.param_groups[0]["params"]:
            if p.grad is not None:
                p.data -= 0.1 * p.grad  #: inside
"""

TWO_PLAYERS = """
del optG, optD
def descend(net):
    for p in net.parameters():
        if p.grad is not None:
            p.data -= 0.1 * p.grad  #: write
"""


def lines(recorded: Recorded) -> list[int]:
    return [step.location.line for step in recorded.steps if step.location]


def test_an_optimizer_unknown_to_torch_steps_where_it_is_told_to() -> None:
    recorded = record(
        PLAIN
        + """
mine = Plain(D.parameters())
del optD
for _ in range(2):
    D.zero_grad()
    D(real).mean().backward()
    mine.step()  #: step
""",
        players=True,
    )
    assert lines(recorded) == [recorded.marks["step"]] * 2
    assert recorded.consumed() == [{"D.weight": 1, "D.bias": 1}] * 2
    (optimizer,) = {step.optimizer for step in recorded.steps}
    told = recorded.run.optimizers[optimizer]
    assert (told.name, told.class_name) == ("mine", "Plain")


def test_its_step_on_nothing_is_an_empty_one() -> None:
    recorded = record(
        PLAIN
        + """
mine = Plain(G.parameters())
del optG
D(G(z).detach()).mean().backward()
mine.step()  #: step
""",
        players=True,
    )
    assert lines(recorded) == [recorded.marks["step"]]
    assert set(recorded.steps[0].gradients.values()) == {"none"}


@pytest.mark.parametrize(
    "move",
    [
        "p.data -= 0.1 * p.grad",
        "p.data = p.data - 0.1 * p.grad.data",
        "p.data.add_(p.grad, alpha=-0.1)",
        "torch._foreach_add_([p.data], [p.grad], alpha=-0.1)",
        "speed = 0.9 * torch.ones_like(p); speed += p.grad; p.data.sub_(speed)",
    ],
)
def test_a_write_that_uses_its_own_gradient_is_a_step(move: str) -> None:
    recorded = record(
        f"""
        del optG, optD
        def descend(net):
            for p in net.parameters():
                {move}  #: write
        for net, loss in ((D, D(real)), (G, D(G(z)))):
            net.zero_grad()
            loss.mean().backward(inputs=list(net.parameters()))
            descend(net)
        """,
        players=True,
    )
    assert lines(recorded) == [recorded.marks["write"]] * 2
    assert recorded.consumed() == [{"D.weight": 1, "D.bias": 1}, {"G.weight": 1, "G.bias": 1}]


@pytest.mark.parametrize(
    "other",
    [
        "print(sum(p.grad.norm() for p in D.parameters()))",
        "[p.data.clamp_(-1, 1) for p in D.parameters()]",
        "[p.data.mul_(0.9) for p in D.parameters() if p.grad is not None]",
        "[p.grad.mul_(0.5) for p in D.parameters()]",
        "[p.data.sub_(g) for p, g in zip(D.parameters(), old)]",
    ],
    ids=["norm", "clip", "decay", "scaled", "an earlier gradient"],
)
def test_anything_else_is_none(other: str) -> None:
    recorded = record(
        f"""
        del optG, optD
        D(real).sum().backward()
        old = [p.grad.clone() for p in D.parameters()]
        D(real).mean().backward()
        {other}
        """,
        players=True,
    )
    assert recorded.steps == []


def test_a_player_that_torch_steps_is_not_stepped_by_a_write_as_well() -> None:
    recorded = record(
        """
        D(real).mean().backward()
        with torch.no_grad():
            for p in D.parameters():
                p -= 0.01 * p.grad
        optD.step()  #: step
        """,
        players=True,
    )
    assert lines(recorded) == [recorded.marks["step"]]


def test_a_gradient_asked_for_where_others_are_moved_and_missing_is_an_empty_step() -> None:
    recorded = record(
        TWO_PLAYERS
        + """
for _ in range(2):
    D.zero_grad()
    D(G(z).detach()).mean().backward()
    descend(D)
    D.zero_grad()
    D(G(z).detach()).mean().backward()
    descend(G)
""",
        players=True,
    )
    moved = [set(step.gradients.values()) for step in recorded.steps]
    assert moved == [{"nonzero"}, {"none"}] * 2
    assert [found for found in recorded.consumed() if found] == [{"D.weight": 1, "D.bias": 1}] * 2


def test_the_same_question_elsewhere_is_no_step() -> None:
    recorded = record(
        TWO_PLAYERS
        + """
for _ in range(2):
    D.zero_grad()
    D(G(z).detach()).mean().backward()
    print([p.grad is None for p in G.parameters()])
    descend(D)
""",
        players=True,
    )
    assert [set(step.gradients.values()) for step in recorded.steps] == [{"nonzero"}] * 2


def test_rounds_wait_for_the_second_player_that_is_moved_by_hand() -> None:
    recorded = record(
        TWO_PLAYERS
        + """
for n in range(100):
    net = G if n % 5 == 4 else D
    G.zero_grad(), D.zero_grad()
    D(G(z)).mean().backward()
    descend(net)
""",
        players=True,
        rounds=2,
    )
    moved = [recorded.run.optimizers[step.optimizer].parameters for step in recorded.steps]
    assert len(moved) == 10
    assert moved[4] == moved[9] != moved[0]


def test_a_player_may_step_inside_the_closure_of_another() -> None:
    recorded = record(
        """
        def closure():
            optD.zero_grad()
            D(G(z).detach()).mean().backward()
            optD.step()  #: inner
            optG.zero_grad()
            loss = D(G(z)).mean()
            loss.backward()
            return loss
        optG.step(closure)  #: outer
        """,
        players=True,
    )
    assert lines(recorded) == [recorded.marks["inner"], recorded.marks["outer"]]
    assert recorded.consumed() == [{"D.weight": 1, "D.bias": 1}, {"G.weight": 1, "G.bias": 1}]
