"""Assertions on steps and on single terms: what a player steps on, and every proven error."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from gradcheck_gan import GradientFlowError, assert_gradient_flow, assert_no_gradient_flow

Z, REAL, ONES = torch.randn(6, 4), torch.randn(6, 3), torch.ones(6, 1)
ZEROS = torch.zeros(6, 1)
bce = functional.binary_cross_entropy_with_logits


def nothing() -> None:
    pass


class Gan:
    """One training step with places where a test can put a fault."""

    def __init__(self, make: Any = torch.optim.Adam) -> None:
        torch.manual_seed(0)
        self.netG: Any = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
        self.netD: Any = nn.Sequential(nn.Linear(3, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
        self.optG = make(self.netG.parameters(), lr=0.01)
        self.optD = make(self.netD.parameters(), lr=0.01)
        self.way: Callable[[Tensor], Tensor] = lambda fake: fake
        self.cut: Callable[[Tensor], Tensor] = lambda fake: fake.detach()
        self.l1 = 0.0
        self.before_loss: Callable[[], object] = nothing

    def step(self) -> None:
        self.train_discriminator()
        self.before_loss()
        self.optG.zero_grad()
        self.generator_loss().backward()
        self.optG.step()

    def train_discriminator(self) -> None:
        self.optD.zero_grad()
        fake = self.cut(self.netG(Z))
        loss: Any = bce(self.netD(REAL), ONES) + bce(self.netD(fake), ZEROS)
        loss.backward()
        self.optD.step()

    def generator_loss(self) -> Any:
        fake = self.netG(Z)
        adversarial = bce(self.netD(self.way(fake)), ONES)
        return adversarial + self.l1 * functional.l1_loss(fake, REAL) if self.l1 else adversarial


@pytest.fixture
def gan() -> Gan:
    return Gan()


def failure(*arguments: Any, **options: Any) -> GradientFlowError:
    with pytest.raises(GradientFlowError) as caught:
        assert_gradient_flow(*arguments, **options)
    return caught.value


def codes(error: GradientFlowError) -> list[str]:
    assert error.report is not None
    return [finding.code for finding in error.report.findings]


def test_a_right_step_passes(gan: Gan) -> None:
    for _ in range(2):
        assert_gradient_flow(gan.step, gan.netD)
        assert_gradient_flow(gan.step, gan.netG)
        assert_no_gradient_flow(gan.train_discriminator, gan.netG)


def test_a_cut_is_found_though_weight_decay_moves_everything() -> None:
    gan = Gan(lambda parameters, lr: torch.optim.AdamW(parameters, lr=lr, weight_decay=0.1))
    gan.way = lambda fake: fake.round()
    before = gan.netG[0].weight.detach().clone()
    assert codes(failure(gan.step, gan.netG)) == ["GG104"]
    assert not torch.equal(before, gan.netG[0].weight)


def test_the_other_player_still_passes(gan: Gan) -> None:
    gan.way = Tensor.detach
    assert_gradient_flow(gan.step, gan.netD)
    assert codes(failure(gan.step, gan.netG)) == ["GG101"]


def test_a_term_that_is_dead_fails_a_step_by_itself(gan: Gan) -> None:
    gan.way, gan.l1 = Tensor.detach, 10.0
    error = failure(gan.step, gan.netG)
    assert codes(error) == ["GG110"]
    assert str(error).startswith("4 of 4 parameters of ")
    assert "but not as it should:" in str(error)


def test_a_player_frozen_for_its_own_loss_fails(gan: Gan) -> None:
    gan.before_loss = lambda: gan.netG.requires_grad_(False)
    assert codes(failure(gan.step, gan.netG)) == ["GG106"]


def test_stepping_on_the_other_ones_gradient_fails(gan: Gan) -> None:
    gan.cut = lambda fake: fake

    def step() -> None:
        gan.optG.zero_grad()
        gan.train_discriminator()
        gan.generator_loss().backward()
        gan.optG.step()

    assert codes(failure(step, gan.netG)) == ["GG202"]


def test_a_pass_whose_gradient_is_thrown_away_is_flow_all_the_same(gan: Gan) -> None:
    gan.cut = lambda fake: fake

    def step() -> None:
        gan.train_discriminator()
        gan.netG.zero_grad()

    with pytest.raises(GradientFlowError, match=r"4 of 4 .* from the step, and none should"):
        assert_no_gradient_flow(step, gan.netG)


def test_backward_without_a_step_is_judged_by_what_it_deposits(gan: Gan) -> None:
    assert_gradient_flow(lambda: gan.generator_loss().backward(), gan.netG)
    gan.way = Tensor.detach
    assert "GG101" in str(failure(lambda: gan.generator_loss().backward(), gan.netG))


def test_accumulation_and_a_scaler_that_skips_pass(gan: Gan) -> None:
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)
    infinite = False

    def step() -> None:
        gan.optG.zero_grad()
        for _ in range(2):
            scaler.scale(gan.generator_loss() * 1e30).backward()
        nonlocal infinite
        infinite = not gan.netG[0].weight.grad.isfinite().all()
        scaler.step(gan.optG)
        scaler.update()

    before = gan.netG[0].weight.detach().clone()
    assert_gradient_flow(step, gan.netG)
    assert infinite
    assert torch.equal(before, gan.netG[0].weight)


def test_an_optimizer_that_holds_another_net_fails(gan: Gan) -> None:
    gan.netG = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    assert codes(failure(gan.step, gan.netG)) == ["GG306"]


def test_nan_that_is_stepped_on_fails(gan: Gan) -> None:
    gan.way = lambda fake: fake * float("nan")
    error = failure(gan.step, gan.netG)
    assert codes(error) == ["GG107"]
    assert "NaN or Inf: 0.weight" in str(error)


def test_a_crash_in_the_step_comes_through(gan: Gan) -> None:
    gan.before_loss = lambda: [n.requires_grad_(False) for n in (gan.netG, gan.netD)]
    with pytest.raises(RuntimeError, match="does not require grad"):
        assert_gradient_flow(gan.step, gan.netG)


def test_an_intermediate_tensor_of_a_step_is_refused(gan: Gan) -> None:
    kept = SimpleNamespace()

    def step() -> None:
        kept.fake = gan.netG(Z)
        gan.netD(kept.fake).mean().backward()

    with pytest.raises(TypeError, match="return the loss instead"):
        assert_gradient_flow(step, lambda: kept.fake)


# Terms


def test_a_returned_term_is_asked_by_its_key(gan: Gan) -> None:
    def losses() -> dict[str, Tensor]:
        fake = gan.netG(Z)
        adv, l1 = bce(gan.netD(fake.detach()), ONES), functional.l1_loss(fake, REAL)
        return {"loss": adv + l1, "adv": adv, "l1": l1}

    assert_gradient_flow(losses, gan.netG)
    assert_gradient_flow(losses, gan.netG, term="l1")
    assert_gradient_flow(losses, gan.netD, term="adv")
    assert "from the term 'adv'" in str(failure(losses, gan.netG, term="adv"))
    assert codes(failure(losses, gan.netG, term="adv")) == ["GG101"]
    assert "0 of 4" in str(failure(losses, gan.netD, term="l1"))


def test_a_returned_term_is_asked_by_its_position(gan: Gan) -> None:
    def losses() -> tuple[Tensor, Tensor]:
        fake = gan.netG(Z)
        return bce(gan.netD(fake.detach()), ONES), functional.l1_loss(fake, REAL)

    assert_gradient_flow(losses, gan.netG, term=1)
    assert codes(failure(losses, gan.netG, term=0)) == ["GG101"]


def test_a_loss_beside_its_logs_is_the_loss(gan: Gan) -> None:
    assert_gradient_flow(lambda: (gan.generator_loss(), {"adv": 0.5}), gan.netG)


def test_a_term_of_weight_zero_is_seen_when_it_is_returned(gan: Gan) -> None:
    def losses() -> dict[str, Tensor]:
        fake = gan.netG(Z)
        return {"loss": fake.mean(), "off": 0.0 * gan.netD(fake).mean()}

    assert "all zero" in str(failure(losses, gan.netG, term="off"))


@pytest.mark.parametrize("trains", [True, False])
def test_a_term_goes_by_the_variable_it_was_assigned_to(gan: Gan, trains: bool) -> None:
    gan.l1 = 10.0
    ask = gan.step if trains else gan.generator_loss
    assert_gradient_flow(ask, gan.netG, term="adversarial")
    gan.way = Tensor.detach
    assert_gradient_flow(ask, gan.netG, term="functional.l1_loss(fake, REAL)")
    assert "GG101" in str(failure(ask, gan.netG, term="adversarial"))


def test_an_attribute_goes_by_its_last_name(gan: Gan) -> None:
    kept = SimpleNamespace()

    def loss() -> Any:
        kept.adv = gan.netD(gan.netG(Z)).mean()
        return kept.adv + gan.netD(REAL).mean()

    assert_gradient_flow(loss, gan.netG, term="adv")
    assert_gradient_flow(loss, gan.netG, term="kept.adv")


@pytest.mark.parametrize("trains", [True, False])
def test_an_unknown_term_is_answered_with_those_there_are(gan: Gan, trains: bool) -> None:
    gan.l1 = 10.0
    with pytest.raises(ValueError, match=r"called 'adv'.*'adversarial' and 'functional\.l1_loss"):
        assert_gradient_flow(gan.step if trains else gan.generator_loss, gan.netG, term="adv")
