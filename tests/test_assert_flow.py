"""Assertions on losses: what passes, what fails, what the message says."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from gradcheck_gan import GradientFlowError, assert_gradient_flow, assert_no_gradient_flow

Z, REAL, ONES = torch.randn(6, 4), torch.randn(6, 3), torch.ones(6, 1)


class Players:
    """G of three layers that hold parameters, D of two."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.netG: Any = nn.Sequential(
            nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)
        )
        self.netD: Any = nn.Sequential(nn.Linear(3, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))

    def loss(self, way: Callable[[Tensor], Tensor] = lambda fake: fake) -> Tensor:
        return functional.softplus(-self.netD(way(self.netG(Z)))).mean()


@pytest.fixture
def players() -> Players:
    return Players()


def message(*arguments: Any, **options: Any) -> str:
    with pytest.raises(GradientFlowError) as caught:
        assert_gradient_flow(*arguments, **options)
    return str(caught.value)


def _in_no_grad(fake: Tensor) -> Tensor:
    with torch.no_grad():
        return fake.tanh()


CUTS: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "detach": (lambda fake: fake.detach(), "GG101"),
    "data": (lambda fake: fake.data, "GG101"),
    "no_grad": (_in_no_grad, "GG102"),
    "argmax": (lambda fake: functional.one_hot(fake.argmax(1), 3).float(), "GG103"),
    "round": (lambda fake: fake.round(), "GG104"),
    "rebuild": (lambda fake: torch.tensor(fake.tolist()), "GG105"),
}


@pytest.mark.parametrize(("way", "code"), CUTS.values(), ids=CUTS)
def test_every_kind_of_cut_is_named_with_its_line(
    players: Players, way: Callable[[Tensor], Tensor], code: str
) -> None:
    told = message(lambda: players.loss(way), players.netG)
    assert told.startswith("0 of 6 parameters of ")
    line = way.__code__.co_firstlineno + (code == "GG102")  # a region is named by its first line
    assert f"test_assert_flow.py:{line}:" in told
    assert f": {code} " in told
    assert "fix: " in told


def test_a_right_loss_passes(players: Players) -> None:
    assert_gradient_flow(players.loss, players.netG)
    assert_gradient_flow(players.loss, players.netD)
    assert_gradient_flow(players.loss(), players.netG)


@pytest.mark.parametrize("recorded", [True, False])
def test_a_straight_through_estimator_passes(players: Players, recorded: bool) -> None:
    def loss() -> Any:
        return players.loss(lambda fake: fake + (fake.round() - fake).detach())

    assert_gradient_flow(loss if recorded else loss(), players.netG)


@pytest.mark.parametrize("recorded", [True, False])
def test_none_zero_nan_and_frozen_are_told_apart(players: Players, recorded: bool) -> None:
    unused, dead, broken, frozen = (nn.Linear(3, 1) for _ in range(4))
    frozen.requires_grad_(False)
    nets = nn.ModuleDict({"unused": unused, "dead": dead, "broken": broken, "frozen": frozen})

    def loss() -> Any:
        return 0 * dead(REAL).sum() + (broken(REAL) * float("nan")).sum() + frozen(REAL).sum()

    told = message(loss if recorded else loss(), nets)
    assert "no gradient (None): unused.weight, unused.bias\n" in told
    assert "all zero: dead.weight, dead.bias\n" in told
    assert "NaN or Inf: broken.weight, broken.bias\n" in told
    assert "frozen (requires_grad is False): frozen.weight, frozen.bias" in told
    assert told.startswith("2 of 8 parameters")


@pytest.mark.parametrize("recorded", [True, False])
def test_one_bias_that_cancels_passes(players: Players, recorded: bool) -> None:
    def critic() -> Any:
        return players.netD(players.netG(Z).detach()).mean() - players.netD(REAL).mean()

    critic().backward()
    bias = players.netD[2].bias
    assert isinstance(bias.grad, Tensor)
    assert not bias.grad.any()
    assert_gradient_flow(critic if recorded else critic(), players.netD)


@pytest.mark.parametrize("recorded", [True, False])
def test_a_frozen_player_fails_and_frozen_parts_do_not(players: Players, recorded: bool) -> None:
    players.netG[0].requires_grad_(False)
    assert_gradient_flow(players.loss if recorded else players.loss(), players.netG)
    players.netG.requires_grad_(False)
    assert "frozen (requires_grad is False): 0.weight" in message(
        players.loss if recorded else players.loss(), players.netG
    )


def test_a_player_frozen_only_while_it_ran_fails(players: Players) -> None:
    def loss() -> Any:
        players.netG.requires_grad_(False)
        made = players.loss()
        players.netG.requires_grad_(True)
        return made

    told = message(loss, players.netG)
    assert f"test_assert_flow.py:{loss.__code__.co_firstlineno + 1}:" in told
    assert "GG106" in told


def test_a_plain_loss_says_how_to_get_the_line(players: Players) -> None:
    told = message(players.loss(lambda fake: fake.detach()), players.netG)
    assert told.startswith("0 of 6 parameters of ")
    assert "pass a callable" in " ".join(told.split())
    assert "GG1" not in told


def test_the_graph_alone_names_flat_operations(players: Players) -> None:
    assert "`round`, whose derivative is zero" in message(
        players.loss(lambda fake: fake.round()), players.netG
    )


def test_a_loss_without_any_graph_is_told(players: Players) -> None:
    with torch.no_grad():
        loss = players.loss()
    assert "requires no gradient at all" in message(loss, players.netG)


def test_other_networks_are_counted(players: Players) -> None:
    told = message(lambda: players.loss(lambda fake: fake.detach()), players.netG)
    assert told.startswith("0 of 6 parameters of players.netG receive gradient from the loss; ")
    assert "; 4 of 4 of players.netD do.\n" in told


PLAYERS: dict[str, Callable[[nn.Module], Any]] = {
    "module": lambda net: net,
    "parameters": lambda net: net.parameters(),
    "named": lambda net: net.named_parameters(),
    "list": lambda net: list(net.parameters()),
    "dict": lambda net: dict(net.named_parameters()),
    "optimizer": lambda net: torch.optim.SGD(net.parameters(), lr=0.1),
    "modules": lambda net: [net],
}


@pytest.mark.parametrize("of", PLAYERS.values(), ids=PLAYERS)
@pytest.mark.parametrize("recorded", [True, False])
def test_players_of_every_kind(players: Players, of: Any, recorded: bool) -> None:
    def loss(way: Callable[[Tensor], Tensor]) -> Any:
        return (lambda: players.loss(way)) if recorded else players.loss(way)

    assert_gradient_flow(loss(lambda fake: fake), of(players.netG))
    told = message(loss(lambda fake: fake.detach()), of(players.netG))
    assert told.startswith("0 of 6 parameters of ")


def test_an_intermediate_tensor_is_a_player(players: Players) -> None:
    fake = players.netG(Z)
    assert_gradient_flow(lambda: players.netD(fake).mean(), fake)
    told = message(lambda: players.netD(fake.round()).mean(), fake)
    assert told.startswith("fake receives no gradient from the loss")
    assert "GG104" in told


def test_a_function_gives_what_only_exists_afterwards(players: Players) -> None:
    made: list[Tensor] = []

    def loss(way: Callable[[Tensor], Tensor]) -> Any:
        made.append(players.netG(Z))
        return players.netD(way(made[-1])).mean()

    assert_gradient_flow(lambda: loss(lambda fake: fake), lambda: made[-1])
    assert "GG101" in message(lambda: loss(lambda fake: fake.detach()), lambda: made[-1])


def test_allowed_parameters_are_left_out(players: Players) -> None:
    net = nn.ModuleDict({"body": nn.Linear(3, 1), "head": nn.Linear(3, 1)})
    assert "head.weight" in message(lambda: net["body"](REAL).sum(), net)
    assert_gradient_flow(lambda: net["body"](REAL).sum(), net, allow="head.*")
    assert_gradient_flow(lambda: net["body"](REAL).sum(), net, allow=["net.head.*"])
    with pytest.raises(ValueError, match="nothing is left to check"):
        assert_gradient_flow(lambda: net["body"](REAL).sum(), net, allow="*")


def test_scores_that_are_no_scalar_are_differentiated(players: Players) -> None:
    assert_gradient_flow(lambda: functional.softmax(players.netG(Z), dim=1), players.netG)


def test_reentrant_checkpoints_hide_nothing(players: Players) -> None:
    noise = Z.clone().requires_grad_()
    players.netD.zero_grad()

    def loss() -> Any:
        return players.netD(checkpoint(players.netG, noise, use_reentrant=True)).mean()

    assert_gradient_flow(loss, players.netG)
    assert_gradient_flow(loss(), players.netG)
    everything = [*players.netG.parameters(), *players.netD.parameters(), noise]
    assert [p.grad for p in everything] == [None] * len(everything)


def test_no_flow_passes_where_nothing_arrives(players: Players) -> None:
    assert_no_gradient_flow(lambda: players.loss(lambda fake: fake.detach()), players.netG)
    assert_no_gradient_flow(players.loss(lambda fake: fake.detach()), players.netG)
    players.netG.requires_grad_(False)
    assert_no_gradient_flow(players.loss, players.netG)


def test_unwanted_flow_names_the_place_where_it_gets_in(players: Players) -> None:
    def loss() -> Any:
        fake = players.netG(Z)
        return players.netD(fake).mean()

    with pytest.raises(GradientFlowError) as caught:
        assert_no_gradient_flow(loss, players.netG)
    told = str(caught.value)
    assert told.startswith("6 of 6 parameters of players.netG receive gradient from the loss, and")
    assert f"test_assert_flow.py:{loss.__code__.co_firstlineno + 2}:16\n" in told
    assert "enters players.netD" in told
    with pytest.raises(GradientFlowError, match="pass a"):
        assert_no_gradient_flow(loss(), players.netG)


MISUSED: dict[str, tuple[Any, Any, dict[str, Any], str]] = {
    "no loss": (lambda: None, nn.Linear(1, 1), {}, "returned None and ran no backward pass"),
    "no callable": (3, nn.Linear(1, 1), {}, "neither a loss tensor nor a callable"),
    "no player": (ONES.sum, 3, {}, "int is no player"),
    "term of a tensor": (ONES, nn.Linear(1, 1), {"term": "adv"}, "pass the term itself"),
    "which one": (lambda: (ONES, ONES), nn.Linear(1, 1), {}, "term=0 or term=1"),
    "no such position": (lambda: (ONES,), nn.Linear(1, 1), {"term": 3}, "at position 3"),
}


@pytest.mark.parametrize(("loss", "player", "options", "words"), MISUSED.values(), ids=MISUSED)
def test_misuse_is_explained(loss: Any, player: Any, options: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        assert_gradient_flow(loss, player, **options)


def test_an_empty_player_is_refused() -> None:
    with pytest.raises(ValueError, match="holds no parameters"):
        assert_gradient_flow(ONES.sum, nn.ReLU())


def test_it_works_in_unittest(players: Players) -> None:
    class Case(unittest.TestCase):
        def test_wrong(self) -> None:
            assert_gradient_flow(lambda: players.loss(lambda x: x.detach()), players.netG)

        def test_right(self) -> None:
            assert_gradient_flow(players.loss, players.netG)

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)
    assert (result.testsRun, len(result.failures), len(result.errors)) == (2, 1, 0)
    assert "GG101" in result.failures[0][1]
