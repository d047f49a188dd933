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


def test_a_framework_s_wrapper_gives_its_name_to_the_optimizer_inside() -> None:
    recorded = record(
        """
        class Wrapped(torch.optim.Optimizer):
            def __init__(self, optimizer):
                self.optimizer = optimizer
                self.param_groups = optimizer.param_groups
            def step(self):
                return self.optimizer.step()
        opt_critic = Wrapped(optD)
        del optD
        D(real).mean().backward()
        opt_critic.step()
        """,
        players=True,
    )
    names = {each.name for each in recorded.run.optimizers.values()}
    assert "opt_critic" in names


def test_an_optimizer_kept_under_its_net_is_told_by_the_net_s_name() -> None:
    recorded = record(
        """
        opts = {net: torch.optim.SGD(net.parameters(), lr=0.1) for net in (G, D)}
        D(real).mean().backward()
        opts[D].step()
        """,
        players=True,
    )
    names = {each.name for each in recorded.run.optimizers.values()}
    assert {"opts[G]", "opts[D]"} <= names


def test_what_a_library_keeps_is_called_as_the_script_s_own_class_calls_it() -> None:
    recorded = record(
        """
        import jinja2
        class GAN(nn.Module):
            def __init__(self):
                super().__init__()
                self.critic = nn.Linear(3, 1)
        kept = jinja2.Environment()
        kept._model = GAN()
        kept.plain = nn.Linear(3, 1)
        opt = torch.optim.SGD(kept._model.critic.parameters(), lr=0.1)
        (kept._model.critic(real) + kept.plain(real)).mean().backward()
        opt.step()
        """,
        players=True,
    )
    names = {module.name for module in recorded.run.modules.values()}
    assert {"critic", "kept.plain"} <= names
    assert not any("_model" in name for name in names)
