"""The flow matrix, and the sentences that rules share."""

from __future__ import annotations

import pytest
from sketch_script import Recorded, record

from gradcheck_gan.analysis.wording import in_updates
from gradcheck_gan.checking import check
from gradcheck_gan.words import counted, listed


def flow_of(source: str) -> Recorded:
    return record(source, players=True)


def test_the_matrix_tells_flows_zero_cut_and_none_apart() -> None:
    recorded = flow_of(
        """
        (D(G(z).detach()) + 0 * G.bias.sum()).mean().backward()
        optG.step()
        """
    )
    (line,) = check(recorded.run).flow
    generator, judge = line.reach["G"], line.reach["D"]
    assert (generator.flows, generator.zero, generator.cut, generator.none) == (0, 1, 1, 0)
    assert (judge.flows, judge.zero, judge.cut, judge.none) == (2, 0, 0, 0)


def test_the_matrix_tells_each_term_apart() -> None:
    recorded = flow_of(
        """
        adversarial = D(G(z).detach()).mean()  #: cut
        l1 = F.l1_loss(G(z), real)  #: live
        (adversarial + l1).backward()
        optG.step()
        """
    )
    (line,) = check(recorded.run).flow
    reach = {term.location.line: term.reach["G"] for term in line.terms}
    assert reach[recorded.marks["cut"]].cut == 2
    assert reach[recorded.marks["live"]].flows == 2


def test_passes_of_one_site_and_round_are_one_line() -> None:
    recorded = flow_of(
        """
        for _ in range(2):
            for _ in range(3):
                optD.zero_grad()
                D(real).mean().backward()
                optD.step()
            optG.zero_grad()
            D(G(z)).mean().backward()
            optG.step()
        """
    )
    lines = check(recorded.run).flow
    assert [(line.round, line.count) for line in lines] == [(1, 3), (1, 1), (2, 3), (2, 1)]


@pytest.mark.parametrize(
    ("count", "noun", "wanted"),
    [
        (1, "parameter", "1 parameter"),
        (2, "parameter", "2 parameters"),
        (0, "update", "0 updates"),
        (2, "pass", "2 passes"),
        (3, "copy", "3 copies"),
    ],
)
def test_plurals(count: int, noun: str, wanted: str) -> None:
    assert counted(count, noun) == wanted


def test_sentences_join_names_and_count_updates() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(iter(["a", "b", "c"])) == "a, b and c"
    assert "one" in in_updates(1)
    assert "3" in in_updates(3)


def test_fakes_made_before_the_generators_step_are_cut_from_the_discriminators_pass() -> None:
    recorded = flow_of(
        """
        for _ in range(2):
            fake = G(z)
            optG.zero_grad()
            D(fake).mean().backward()
            optG.step()
            optD.zero_grad()
            (D(fake.detach()) + 2 * D(real)).mean().backward()
            optD.step()
        """
    )
    lines = [line for line in check(recorded.run).flow if line.belongs_to == ("D",)]
    assert [(line.reach["G"].cut, line.reach["G"].none) for line in lines] == [(2, 0), (2, 0)]
    assert [line.reach["D"].flows for line in lines] == [2, 2]


def test_what_was_made_before_an_earlier_step_does_not_concern_the_pass() -> None:
    recorded = flow_of(
        """
        kept = G(z).detach()
        for _ in range(2):
            optG.zero_grad()
            D(G(z)).mean().backward()
            optG.step()
        optD.zero_grad()
        D(kept).mean().backward()
        optD.step()
        """
    )
    (line,) = [line for line in check(recorded.run).flow if line.belongs_to == ("D",)]
    assert (line.reach["G"].cut, line.reach["G"].none) == (0, 2)
