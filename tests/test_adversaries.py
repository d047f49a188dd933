"""Who trains against whom: by what was stepped on or by signs, never by who sees what."""

from __future__ import annotations

import pytest
from sketch_script import Recorded, record

from gradcheck_gan.analysis.signals import cosine


def pairs(recorded: Recorded) -> set[tuple[str, str]]:
    assert recorded.error is None
    study = recorded.study
    names = {player.id: player.name for player in study.players}
    return {(names[one], names[other]) for one, other in study.adversaries.pairs}


def own_step(fake: str, *, clear: str = "optG.zero_grad(); optD.zero_grad()") -> Recorded:
    return record(
        f"""
        for _ in range(3):
            {clear}
            (F.softplus(D({fake})).mean() + F.softplus(-D(real)).mean()).backward()
            optD.step()
            {clear}
            F.softplus(-D(G(z))).mean().backward()
            optG.step()
        """,
        players=True,
    )


def test_a_discriminator_that_steps_on_detached_fakes() -> None:
    assert pairs(own_step("G(z).detach()")) == {("G", "D")}


def test_a_discriminator_whose_deposits_in_the_generator_are_discarded() -> None:
    assert pairs(own_step("G(z)")) == {("G", "D")}


def test_fakes_made_without_gradient() -> None:
    assert pairs(own_step("torch.no_grad()(G)(z)")) == {("G", "D")}


def test_two_passes_of_one_own_step() -> None:
    recorded = record(
        """
        for _ in range(3):
            optD.zero_grad()
            F.softplus(-D(real)).mean().backward()
            F.softplus(D(G(z).detach())).mean().backward()
            optD.step()
            optG.zero_grad()
            F.softplus(-D(G(z))).mean().backward()
            optG.step()
        """,
        players=True,
    )
    assert pairs(recorded) == {("G", "D")}


def test_signs_tell_where_a_round_holds_both_passes() -> None:
    recorded = record(
        """
        for _ in range(3):
            for opt in (optG, optD):
                opt.zero_grad()
            fake = G(z)
            (F.softplus(D(fake)).mean() + F.softplus(-D(real)).mean()).backward(retain_graph=True)
            F.softplus(-D(fake)).mean().backward()
            optG.step()
            optD.step()
        """,
        players=True,
    )
    assert pairs(recorded) == {("G", "D")}


def test_signs_need_more_than_one_round_unless_the_run_is_complete() -> None:
    script = """
        fake = G(z)
        (F.softplus(D(fake)).mean() + F.softplus(-D(real)).mean()).backward()
        optG.step(); optD.step()
        F.softplus(-D(G(z))).mean().backward()
        optG.step(); optD.step()
        """
    assert pairs(record(script, players=True, status="stopped")) == set()


def test_a_classifier_trained_with_the_generator_is_a_partner() -> None:
    recorded = record(
        """
        labels = torch.tensor([0, 1, 0, 1])
        C = nn.Linear(3, 2)
        optC = torch.optim.SGD(C.parameters(), lr=0.1)
        for _ in range(3):
            optC.zero_grad(); optG.zero_grad()
            (F.cross_entropy(C(G(z)), labels) + F.cross_entropy(C(real), labels)).backward()
            optG.step()
            optC.step()
        """,
        players=True,
    )
    assert pairs(recorded) == set()


def test_a_classifier_with_passes_of_its_own_on_real_data_is_a_partner() -> None:
    recorded = record(
        """
        labels = torch.tensor([0, 1, 0, 1])
        C = nn.Linear(3, 2)
        optC = torch.optim.SGD(C.parameters(), lr=0.1)
        for _ in range(3):
            optC.zero_grad()
            F.cross_entropy(C(real), labels).backward()
            optC.step()
            optG.zero_grad()
            F.cross_entropy(C(G(z)), labels).backward()
            optG.step()
        """,
        players=True,
    )
    assert pairs(recorded) == set()


def test_an_encoder_and_its_decoder_are_partners() -> None:
    recorded = record(
        """
        E = nn.Linear(3, 2)
        optE = torch.optim.SGD(E.parameters(), lr=0.1)
        for _ in range(3):
            for opt in (optE, optG):
                opt.zero_grad()
            (F.l1_loss(G(E(real)), real) + G(z).pow(2).mean()).backward()
            optE.step()
            F.l1_loss(E(G(z)), z).backward()
            optG.step()
        """,
        players=True,
    )
    assert pairs(recorded) == set()


CYCLE = """
AB, BA, A, B = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 1), nn.Linear(3, 1)
opts = [torch.optim.SGD(net.parameters(), lr=0.1) for net in (AB, BA, A, B)]
a, b = torch.randn(4, 3), torch.randn(4, 3)
for _ in range(3):
    opts[0].zero_grad(); opts[1].zero_grad()
    fake_b, fake_a = AB(a), BA(b)
    loss = (A(fake_a) - 1).pow(2).mean() + (B(fake_b) - 1).pow(2).mean()
    loss = loss + F.l1_loss(BA(fake_b), a) + F.l1_loss(AB(fake_a), b) + F.l1_loss(AB(b), b)
    loss.backward()
    opts[0].step(); opts[1].step()
    for opt, judge, fake, data in ((opts[2], A, fake_a, a), (opts[3], B, fake_b, b)):
        opt.zero_grad()
        ((judge(data) - 1).pow(2).mean() + judge(fake.detach()).pow(2).mean()).backward()
        opt.step()
"""


def test_generators_that_feed_each_other_are_partners() -> None:
    assert {("AB", "B"), ("BA", "A")} <= pairs(record(CYCLE, players=True))
    found = pairs(record(CYCLE, players=True))
    assert not {("AB", "BA"), ("BA", "AB"), ("A", "B"), ("B", "A")} & found


def test_a_sampling_grid_is_no_evidence() -> None:
    recorded = record(
        """
        for _ in range(3):
            optD.zero_grad()
            D(real).mean().backward()
            optD.step()
            optG.zero_grad()
            F.l1_loss(G(z), real).backward()
            optG.step()
            with torch.no_grad():
                shown = D(G(z)).mean()
        """,
        players=True,
    )
    assert pairs(recorded) == set()


def test_a_critic_with_gradient_penalty_and_several_steps() -> None:
    recorded = record(
        """
        for _ in range(2):
            for _ in range(3):
                optD.zero_grad()
                fake = G(z).detach()
                mixed = (0.5 * real + 0.5 * fake).requires_grad_()
                slope, = torch.autograd.grad(D(mixed).pow(2).sum(), mixed, create_graph=True)
                penalty = (slope.norm(dim=1) - 1).pow(2).mean()
                (D(fake).mean() - D(real).mean() + penalty).backward()
                optD.step()
            optG.zero_grad()
            (-D(G(z)).mean()).backward()
            optG.step()
        """,
        players=True,
    )
    assert pairs(recorded) == {("G", "D")}
    study = recorded.study
    roles = {player.name: study.role(player) for player in study.players}
    assert roles == {"G": "generator", "D": "discriminator"}


def test_between_is_symmetric_and_pairs_are_not() -> None:
    study = own_step("G(z).detach()").study
    ids = {player.name: player.id for player in study.players}
    assert study.adversaries.between(ids["G"], ids["D"])
    assert study.adversaries.between(ids["D"], ids["G"])
    assert (ids["D"], ids["G"]) not in study.adversaries.pairs


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ((1.0, 0.0), (2.0, 0.0), 1.0),
        ((1.0, 1.0), (-3.0, -3.0), -1.0),
        ((1.0, 0.0), (0.0, 5.0), 0.0),
        ((0.0, 0.0), (1.0, 1.0), 0.0),
    ],
)
def test_cosine(one: tuple[float, ...], other: tuple[float, ...], wanted: float) -> None:
    assert cosine(one, other) == pytest.approx(wanted)
