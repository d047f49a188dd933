"""Players are found from modules and optimizers; their names only label them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sketch import Pair, Story
from sketch_script import Recorded, record

from gradcheck_gan.analysis.players import find_players, looks_like


def sizes(recorded: Recorded) -> dict[str, int]:
    return {player.name: len(player.parameters) for player in recorded.study.players}


def test_two_modules_with_an_optimizer_each() -> None:
    recorded = record("D(G(z)).mean().backward()\noptG.step()\noptD.step()", players=True)
    assert sizes(recorded) == {"G": 2, "D": 2}
    held = {
        player.name: [recorded.run.optimizers[o].name for o in player.optimizers]
        for player in recorded.study.players
    }
    assert held == {"G": ["optG"], "D": ["optD"]}
    assert all("Linear" in player.found for player in recorded.study.players)


def test_a_player_without_an_optimizer_is_one_if_it_got_gradient() -> None:
    recorded = record("del optG\nD(G(z)).mean().backward()\noptD.step()", players=True)
    assert sizes(recorded) == {"G": 2, "D": 2}
    (generator,) = [p for p in recorded.study.players if p.name == "G"]
    assert generator.optimizers == ()


def test_a_module_that_no_pass_touches_is_no_player() -> None:
    recorded = record(
        "unused = nn.Linear(5, 5)\nshown = unused(torch.zeros(1, 5))\nD(G(z)).mean().backward()\n"
        "optG.step()\noptD.step()",
        players=True,
    )
    assert set(sizes(recorded)) == {"G", "D"}


def test_a_module_that_holds_both_is_split() -> None:
    recorded = record(
        """
        class GAN(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.second = nn.Linear(2, 3), nn.Linear(3, 1)
        gan = GAN()
        one = torch.optim.SGD(gan.first.parameters(), lr=0.1)
        two = torch.optim.SGD(gan.second.parameters(), lr=0.1)
        gan.second(gan.first(z)).mean().backward()
        one.step()
        two.step()
        """,
        players=True,
    )
    found = sizes(recorded)
    assert (found["gan.first"], found["gan.second"]) == (2, 2)
    assert "gan" not in found


def test_one_optimizer_for_both_splits_by_names_only_if_the_whole_is_never_called() -> None:
    recorded = record(
        """
        class GAN(nn.Module):
            def __init__(self):
                super().__init__()
                self.generator, self.critic = nn.Linear(2, 3), nn.Linear(3, 1)
        gan = GAN()
        opt = torch.optim.SGD(gan.parameters(), lr=0.1)
        gan.critic(gan.generator(z)).mean().backward()
        opt.step()
        """,
        players=True,
    )
    assert {"gan.generator", "gan.critic"} <= set(sizes(recorded))


def test_layers_of_one_network_are_one_player() -> None:
    recorded = record(
        """
        inner = nn.Sequential(nn.Linear(3, 3))
        net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), inner, nn.Linear(3, 1))
        groups = [{"params": net[0].parameters(), "lr": 0.1}, {"params": net[2:].parameters()}]
        opt = torch.optim.Adam(groups)
        net(z).mean().backward()
        opt.step()
        """,
        players=True,
    )
    assert sizes(recorded)["net"] == 6


def test_raw_tensors_are_players_by_the_optimizers_that_hold_them() -> None:
    recorded = record(
        """
        import torch
        g = torch.randn(2, 3, requires_grad=True)
        d = torch.randn(3, 1, requires_grad=True)
        b = torch.zeros(1, requires_grad=True)
        opt_g = torch.optim.SGD([g], lr=0.1)
        opt_d = torch.optim.SGD([d, b], lr=0.1)
        (torch.randn(4, 2) @ g @ d + b).mean().backward()
        opt_g.step()
        opt_d.step()
        """
    )
    assert sorted(sizes(recorded).values()) == [1, 2]
    assert "g" in sizes(recorded)
    assert recorded.link("g").kind == "live"


def test_lists_of_tensors_carry_the_name_of_the_list() -> None:
    recorded = record(
        """
        import torch
        weights_d = [torch.randn(3, 1, requires_grad=True), torch.zeros(1, requires_grad=True)]
        opt = torch.optim.SGD(weights_d, lr=0.1)
        (torch.ones(2, 3) @ weights_d[0] + weights_d[1]).mean().backward()
        opt.step()
        """
    )
    assert sizes(recorded) == {"weights_d": 2}


def test_several_players_of_one_class_have_names_of_their_own() -> None:
    recorded = record(
        """
        nets = {"G_AB": nn.Linear(3, 3), "G_BA": nn.Linear(3, 3), "D_A": nn.Linear(3, 1)}
        opts = {k: torch.optim.SGD(v.parameters(), lr=0.1) for k, v in nets.items()}
        nets["D_A"](nets["G_BA"](nets["G_AB"](real))).mean().backward()
        for opt in opts.values():
            opt.step()
        """,
        players=True,
    )
    assert {"nets['G_AB']", "nets['G_BA']", "nets['D_A']"} <= set(sizes(recorded))


def test_players_without_a_name_are_told_apart_by_a_number() -> None:
    story = Story()
    for _ in range(3):
        number = story.module("Linear", "Linear")
        story.modules[number] = replace(story.modules[number], variable=None)
        story.optimizer("opt", number)
    names = [player.name for player in find_players(story.run())]
    assert names == ["Linear", "Linear #2", "Linear #3"]


def test_tied_parameters_belong_to_both() -> None:
    recorded = record(
        """
        class Net(nn.Module):
            def __init__(self, table):
                super().__init__()
                self.table, self.head = table, nn.Linear(3, 1)
            def forward(self, x):
                return self.head(self.table(x))
        table = nn.Embedding(5, 3)
        netG, netD = Net(table), Net(table)
        oG = torch.optim.SGD(netG.parameters(), lr=0.1)
        oD = torch.optim.SGD(netD.parameters(), lr=0.1)
        x = torch.tensor([1, 2])
        (netG(x) + netD(x)).mean().backward()
        oG.step()
        oD.step()
        """,
        players=True,
    )
    found = {player.name: player for player in recorded.study.players}
    shared = recorded.parameter("table.weight").id
    assert shared in found["netG"].parameters
    assert shared in found["netD"].parameters
    assert [recorded.run.optimizers[o].name for o in found["netG"].optimizers] == ["oG"]


def test_a_wrapper_around_a_player_is_the_same_player() -> None:
    recorded = record(
        """
        class Parallel(nn.Module):
            def __init__(self, module):
                super().__init__()
                self.module = module
            def forward(self, x):
                return self.module(x)
        G = Parallel(G)
        D(G(z)).mean().backward()
        optG.step()
        optD.step()
        """,
        players=True,
    )
    assert len(recorded.study.players) == 2
    assert sorted(sizes(recorded).values()) == [2, 2]


def test_an_optimizer_made_for_a_subset_leaves_one_player() -> None:
    recorded = record(
        """
        net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
        opt = torch.optim.SGD(net[1].parameters(), lr=0.1)
        net(z).mean().backward()
        opt.step()
        """,
        players=True,
    )
    assert sizes(recorded)["net"] == 4


@pytest.mark.parametrize(
    "name", ["G", "netG", "net_G", "generator", "self.G_A", "Decoder", "gen", "nets['G']"]
)
def test_names_of_generators(name: str) -> None:
    assert looks_like(name, "generator")
    assert not looks_like(name, "discriminator")


@pytest.mark.parametrize(
    "name", ["D", "netD", "net_D", "Discriminator", "critic", "disc", "D_B", "nets['D']"]
)
def test_names_of_discriminators(name: str) -> None:
    assert looks_like(name, "discriminator")
    assert not looks_like(name, "generator")


@pytest.mark.parametrize("name", ["embedding", "gradient", "dog", "model", "head", "encoder"])
def test_names_of_neither(name: str) -> None:
    assert not looks_like(name, "generator")
    assert not looks_like(name, "discriminator")


def test_names_play_no_part_in_who_is_found() -> None:
    recorded = record(
        """
        banana, apple = nn.Linear(2, 3), nn.Linear(3, 1)
        fruit = torch.optim.SGD(banana.parameters(), lr=0.1)
        juice = torch.optim.SGD(apple.parameters(), lr=0.1)
        for _ in range(2):
            juice.zero_grad()
            (apple(banana(z).detach()).mean() - apple(real).mean()).backward()
            juice.step()
            fruit.zero_grad()
            (-apple(banana(z)).mean()).backward()
            fruit.step()
        """,
        players=True,
    )
    study = recorded.study
    roles = {player.name: study.role(player) for player in study.players}
    assert {"banana": "generator", "apple": "discriminator"}.items() <= roles.items()


def test_a_lone_player_is_neither() -> None:
    recorded = record(
        """
        net = nn.Linear(3, 1)
        opt = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(2):
            opt.zero_grad()
            net(real).mean().backward()
            opt.step()
        """,
        players=True,
    )
    assert recorded.study.role(recorded.player("net")) == "other"


def test_what_was_observed_beats_what_a_name_suggests() -> None:
    recorded = record(
        """
        D, G = nn.Linear(2, 3), nn.Linear(3, 1)
        optD = torch.optim.SGD(D.parameters(), lr=0.1)
        optG = torch.optim.SGD(G.parameters(), lr=0.1)
        for _ in range(2):
            optG.zero_grad()
            (G(D(z).detach()).mean() - G(real).mean()).backward()
            optG.step()
            optD.zero_grad()
            (-G(D(z)).mean()).backward()
            optD.step()
        """,
        players=True,
    )
    study = recorded.study
    roles = {player.name: study.role(player) for player in study.players}
    assert {"D": "generator", "G": "discriminator"}.items() <= roles.items()


def test_players_of_a_hand_made_run() -> None:
    story = Pair()
    story.passing("a", story.G, story.D)
    first, second = find_players(story.run())
    assert (first.name, first.parameters) == ("netG", story.held(story.G))
    assert second.class_name == "Critic"
    assert second.modules == {story.D}
    assert str(first) == "netG"
