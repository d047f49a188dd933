"""Which recorded operations count as having derivative zero, whatever they are given."""

from __future__ import annotations

import pytest
from sketch_script import Recorded, only, record

AFTER = "\nscore = D(torch.view_as_real(fake).flatten(1)[:, :3] if fake.is_complex() else fake)"
END = f"{AFTER}.mean()\nscore.backward()\n"

FLAT = {
    "round": "fake = G(z).round()  #: here",
    "sgn": "fake = G(z).sgn()  #: here",
    "angle": "fake = torch.angle(G(z))  #: here",
    "rounded division": "fake = torch.div(G(z), 0.1, rounding_mode='floor')  #: here",
    "normal": "fake = torch.normal(G(z), 1.0)  #: here",
    "poisson": "fake = torch.poisson(G(z).exp())  #: here",
    "fill": "fake = torch.fill(G(z), 2.0)  #: here",
    "filled in place": "fake = G(z)\nfake.fill_(2.0)  #: here",
    "overwritten in place": "fake = G(z)\nfake.copy_(torch.ones(4, 3))  #: here",
    "drawn in place": "fake = G(z)\nfake.uniform_()  #: here",
    "all places": "fake = torch.index_fill(G(z), 1, torch.arange(3), 0.5)  #: here",
}


def place(made: str, before: str = "") -> tuple[Recorded, bool]:
    """What was recorded, and whether the marked operation counts as flat."""
    recorded = record(before + made + END, players=True)
    assert recorded.error is None
    values = recorded.values("here")
    return recorded, max(values, key=lambda value: value.id).zero


def given_back(recorded: Recorded) -> bool:
    """Whether plain autograd brought anything else than zeros back to the generator."""
    gradient = recorded.scope["G"].weight.grad
    return bool(gradient is not None and gradient.any())


@pytest.mark.parametrize("made", FLAT.values(), ids=FLAT.keys())
def test_an_operation_without_slope_is_flat(made: str) -> None:
    recorded, flat = place(made)
    assert flat
    assert not given_back(recorded)
    assert recorded.link("G").kind == "zero"
    assert recorded.culprits("G")[0] == recorded.marks["here"]


STEEP = {
    "sgn of complex numbers": "fake = torch.sgn(torch.complex(G(z), G(z) * 2 + 1))  #: here",
    "division": "fake = torch.div(G(z), 0.1, rounding_mode=None)  #: here",
    "copied over": "fake = torch.zeros(4, 3)\nfake.copy_(G(z))  #: here",
    "some places": "fake = torch.index_fill(G(z), 1, torch.arange(2), 0.5)  #: here",
    "remainder": "fake = torch.fmod(G(z), 0.5)  #: here",
}


@pytest.mark.parametrize("made", STEEP.values(), ids=STEEP.keys())
def test_an_operation_with_a_slope_is_not(made: str) -> None:
    recorded, flat = place(made)
    assert not flat
    assert given_back(recorded)


ZERO_HERE = {
    "times zero": "fake = G(z) * 0.0  #: here",
    "times zeros": "fake = G(z) * torch.zeros(4, 3)  #: here",
    "to the power of zero": "fake = G(z) ** 0  #: here",
    "added zero times": "fake = torch.add(torch.ones(4, 3), G(z), alpha=0)  #: here",
    "dead relu": "fake = torch.relu(G(z) - 100)  #: here",
    "saturated clamp": "fake = torch.clamp(G(z), 50, 60)  #: here",
    "all masked": "fake = G(z).masked_fill(torch.ones(4, 3, dtype=torch.bool), 0.0)  #: here",
    "gate": "fake = torch.where(G(z) > 100, G(z), torch.zeros(4, 3))  #: here",
    "dead tanh": "fake = torch.tanh(G(z) + 1000)  #: here",
}


@pytest.mark.parametrize("made", ZERO_HERE.values(), ids=ZERO_HERE.keys())
def test_zero_at_this_point_only_is_not_flat(made: str) -> None:
    recorded, flat = place(made)
    assert not flat
    assert not given_back(recorded)


def test_a_copy_is_flat_only_where_its_source_has_no_gradient() -> None:
    first = "other = G(z)\nother.copy_(torch.ones(4, 3))\n"
    recorded, flat = place("fake = torch.zeros(4, 3)\nfake.copy_(G(z))  #: here", first)
    assert not flat
    assert given_back(recorded)


def test_nothing_of_the_script_sees_the_question() -> None:
    hooks = (
        "seen = []\nhooks = torch.autograd.graph.saved_tensors_hooks\n"
        "with hooks(lambda t: seen.append(t.shape) or t, lambda t: t):\n"
        "    state = torch.get_rng_state()\n"
        "    fake = torch.angle(G(z))  #: here\n"
        "same = torch.get_rng_state().equal(state)\n"
    )
    recorded = record(hooks + END, players=True)
    assert recorded.error is None
    assert (64,) not in recorded.scope["seen"]
    assert recorded.scope["same"]
    assert not only(recorded.values("here"), "angle").zero


def test_what_could_not_be_asked_under_hooks_is_asked_later() -> None:
    hooked = (
        "with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):\n"
        "    first = torch.angle(G(z))\n"
    )
    assert place("fake = torch.angle(G(z))  #: here", hooked)[1]
