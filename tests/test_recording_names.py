"""The names that a script gives to its modules, optimizers and parameters."""

from __future__ import annotations

import pytest
from sketch_script import Recorded, record


def stepped(recorded: Recorded) -> list[str]:
    return [recorded.run.optimizers[step.optimizer].name for step in recorded.steps]


NAMED = {
    "variable": ("opt = {made}", "opt"),
    "attribute": (
        (
            "class Trainer:\n    def __init__(self):\n        self.opt = {made}\n"
            "trainer = Trainer()\nopt = None"
        ),
        "trainer.opt",
    ),
    "entry of a dict": ("opts = {{'critic': {made}}}", "opts['critic']"),
    "entry of a list": ("opts = [None, {made}]", "opts[1]"),
    "namespace": (
        "from types import SimpleNamespace\nstate = SimpleNamespace(opt={made})",
        "state.opt",
    ),
}


@pytest.mark.parametrize(("made", "name"), NAMED.values(), ids=NAMED.keys())
def test_an_optimizer_has_the_name_that_the_script_gave_it(made: str, name: str) -> None:
    source = made.format(made="torch.optim.SGD(D.parameters(), lr=0.1)")
    access = name if name != "opt" else "opt"
    recorded = record(
        f"del optD\n{source}\nD(real).mean().backward()\n{access}.step()", players=True
    )
    assert recorded.error is None
    assert stepped(recorded) == [name]


MODULES = {
    "variable": ("netD = nn.Linear(3, 1)", "netD", "netD.weight"),
    "entry of a dict": ("nets = {'D': nn.Linear(3, 1)}", "nets['D']", "nets['D'].weight"),
    "entry of a list": ("nets = [nn.Linear(2, 2), nn.Linear(3, 1)]", "nets[1]", "nets[1].weight"),
    "namespace": (
        "from types import SimpleNamespace\nnets = SimpleNamespace(critic=nn.Linear(3, 1))",
        "nets.critic",
        "nets.critic.weight",
    ),
    "child": (
        "gan = nn.ModuleDict({'critic': nn.Linear(3, 1)})",
        "gan.critic",
        "gan.critic.weight",
    ),
}


@pytest.mark.parametrize(("made", "name", "weight"), MODULES.values(), ids=MODULES.keys())
def test_a_module_has_the_name_that_the_script_gave_it(made: str, name: str, weight: str) -> None:
    expression = name if name != "gan.critic" else "gan['critic']"
    recorded = record(f"del D, optD\n{made}\n{expression}(real).mean().backward()\n", players=True)
    assert recorded.error is None
    assert name in {module.name for module in recorded.run.modules.values()}
    assert recorded.parameter(weight).shape == (1, 3)


def test_self_is_left_out_of_names() -> None:
    recorded = record(
        """
        class Trainer:
            def __init__(self):
                self.netG = nn.Linear(2, 3)
                self.netD = nn.Linear(3, 1)
                self.optimizers = {"D": torch.optim.SGD(self.netD.parameters(), lr=0.1)}
            def step(self):
                self.netD(self.netG(z)).mean().backward()
                self.optimizers["D"].step()

        def main():
            Trainer().step()
        del G, D, optG, optD
        main()
        """,
        players=True,
    )
    assert recorded.error is None
    assert {"netG", "netD"} <= {module.name for module in recorded.run.modules.values()}
    assert stepped(recorded) == ["optimizers['D']"]
    assert {"netD.weight", "netD.bias"} <= {p.name for p in recorded.run.parameters.values()}


def test_what_died_before_the_end_keeps_its_name() -> None:
    recorded = record(
        """
        def train():
            critic = nn.Linear(3, 1)
            own = torch.optim.SGD(critic.parameters(), lr=0.1)
            critic(real).mean().backward()
            own.step()
        train()
        """,
        players=True,
    )
    assert stepped(recorded) == ["own"]
    assert {"critic.weight", "critic.bias"} <= {p.name for p in recorded.run.parameters.values()}


def test_an_optimizer_is_made_where_the_script_calls_its_constructor() -> None:
    recorded = record(
        """
        def build(net):
            return torch.optim.Adam(net.parameters())  #: made
        opt = build(D)
        D(real).mean().backward()
        opt.step()
        """,
        players=True,
    )
    made = recorded.run.optimizers[recorded.steps[0].optimizer].made
    assert made is not None
    assert made.line == recorded.marks["made"]
