"""Stale graphs: which write counts, which forward, which pass freed it, and what is said of it."""

from __future__ import annotations

import pytest
from sketch_script import Recorded, record

from gradcheck_gan.analysis.staleness import Stale, stale_passes
from gradcheck_gan.checking import check
from gradcheck_gan.exits import FAILED, FOUND, exit_status
from gradcheck_gan.finding import Finding

FUSED = """
optG = torch.optim.SGD(G.parameters(), lr=0.1, fused=True)
optD = torch.optim.SGD(D.parameters(), lr=0.1, fused=True)
"""
LATE = """
for _ in range(2):
    fake = G(z)
    errG = -D(fake).mean()  #: forward
    optD.zero_grad()
    (D(fake.detach()) - D(real)).square().mean().backward()
    optD.step()  #: step
    optG.zero_grad()
    errG.backward()  #: stale
    optG.step()
"""


def stale(recorded: Recorded) -> Stale:
    (found,) = list(stale_passes(recorded.study))[:1]
    return found


def lines(recorded: Recorded) -> dict[str, int | None]:
    found = stale(recorded)
    places = {
        "forward": found.reader.location,
        "step": found.cause.location,
        "stale": found.event.location,
    }
    return {name: place.line if place else None for name, place in places.items()}


def finding(recorded: Recorded) -> Finding:
    (found,) = [each for each in check(recorded.run).findings if each.code == "GG303"]
    return found


@pytest.mark.parametrize("optimizers", ["", FUSED], ids=["plain", "fused"])
def test_the_step_the_forward_and_the_pass_are_named(optimizers: str) -> None:
    recorded = record(optimizers + LATE, players=True, status="complete")
    assert (recorded.error is None) is bool(optimizers)
    assert lines(recorded) == {name: recorded.marks[name] for name in ("forward", "step", "stale")}
    assert stale(recorded).parameters == {recorded.parameter("D.weight").id}
    assert stale(recorded).player == recorded.player("D")


def test_a_crash_that_is_explained_exits_as_found_and_another_as_failed() -> None:
    explained = record(LATE, players=True, status="crashed")
    assert exit_status(check(explained.run)) == FOUND
    other = record(LATE.replace("errG.backward()", "1 / 0"), players=True, status="crashed")
    assert exit_status(check(other.run)) == FAILED


def test_a_crash_whose_message_alone_speaks_of_writes_is_not_explained() -> None:
    recorded = record(
        "class Broken(torch.autograd.Function):\n"
        "    @staticmethod\n    def forward(ctx, x):\n        return x.clone()\n"
        "    @staticmethod\n    def backward(ctx, g):\n"
        "        raise RuntimeError('modified by an inplace operation')\n"
        "optD.zero_grad()\nD(real).mean().backward()\noptD.step()\n"
        "Broken.apply(D(G(z))).mean().backward()",
        players=True,
        status="crashed",
    )
    assert list(stale_passes(recorded.study)) == []
    assert exit_status(check(recorded.run)) == FAILED


SILENT = {
    "there and back": "kept = D.weight.clone()\nD.weight.data.add_(1)\nD.weight.data = kept",
    "nothing new": "D.weight.data.clamp_(-9, 9)",
    "bias only": "D.bias.data.add_(1)",
    "a copy": "D.weight.detach().clone().add_(1)",
}


@pytest.mark.parametrize("between", SILENT.values(), ids=SILENT.keys())
def test_hidden_writes_that_change_nothing_of_the_graph_are_silent(between: str) -> None:
    recorded = record(
        f"D(real).mean().backward()\noptD.step()\nerrG = D(G(z)).mean()\n{between}\n"
        "optG.zero_grad()\nerrG.backward()\noptG.step()",
        players=True,
    )
    assert list(stale_passes(recorded.study)) == []


def test_a_hidden_write_is_a_note() -> None:
    recorded = record(
        "for _ in range(2):\n    optD.zero_grad()\n    D(real).mean().backward()\n"
        "    optD.step()\n    errG = D(G(z)).mean()\n    D.weight.data.mul_(0.5)  #: step\n"
        "    optG.zero_grad()\n    errG.backward()  #: stale\n    optG.step()",
        players=True,
    )
    assert lines(recorded)["step"] == recorded.marks["step"]
    assert finding(recorded).severity == "note"


def test_wrong_gradients_that_no_step_uses_are_silent() -> None:
    recorded = record(
        FUSED + "for _ in range(2):\n    fake = G(z)\n    verdict = D(fake * fake)\n"
        "    optG.zero_grad()\n    verdict.mean().backward(retain_graph=True)\n    optG.step()\n"
        "    optD.zero_grad()\n    (verdict - D(real)).square().mean().backward()\n"
        "    optD.step()",
        players=True,
    )
    assert list(stale_passes(recorded.study)) == []


FREED: dict[str, tuple[str, str]] = {
    "own pass of the discriminator": (
        "y = G(z).tanh()\nD(y).sum().backward()  #: first\noptD.step()\nD(y).sum().backward()",
        "detached values of G",
    ),
    "two terms": (
        "fake = G(z).tanh()\nfake.sum().backward()  #: first\nD(fake).mean().backward()",
        "call backward() once",
    ),
    "next iteration": (
        "fake = G(z).tanh()\nfor _ in range(3):\n    D(fake).mean().backward()  #: first",
        "anew in every iteration",
    ),
}


@pytest.mark.parametrize(("script", "cure"), FREED.values(), ids=FREED.keys())
def test_the_first_pass_through_a_freed_graph_is_named(script: str, cure: str) -> None:
    recorded = record(script, players=True, status="crashed")
    found = stale(recorded)
    assert found.kind == "freed"
    assert found.reader.name == "tanh"
    assert found.cause.location is not None
    assert found.cause.location.line == recorded.marks["first"]
    assert cure in finding(recorded).fix


def test_a_pass_towards_inputs_needs_only_what_lies_on_the_way() -> None:
    recorded = record(
        FUSED + LATE.replace("errG.backward()", "errG.backward(inputs=list(D.parameters()))"),
        players=True,
    )
    assert list(stale_passes(recorded.study)) == []


def test_a_swallowed_crash_is_found_in_every_round() -> None:
    source = LATE.replace("    errG.backward()", "    try: errG.backward()", 1)
    source = source.replace("    optG.step()", "    except RuntimeError: pass\n    optG.step()")
    recorded = record(source, players=True)
    assert recorded.error is None
    assert finding(recorded).count == 2
