"""Values that leave autograd and come back, and regions without gradient."""

from __future__ import annotations

import pytest
from sketch_script import record

STEPS = "\nscore = D(fake).mean()\nscore.backward()\n"

GUESSED = {
    "items": (
        "numbers = [[x.item() for x in row] for row in G(z)]\n"
        "fake = torch.as_tensor(numbers)  #: made"
    ),
    "changed numbers": (
        "numbers = [[2 * x + 1 for x in row] for row in G(z).tolist()]\n"
        "fake = torch.tensor(numbers)  #: made"
    ),
    "changed numbers in a FloatTensor": (
        "numbers = [[-x for x in row] for row in G(z).tolist()]\n"
        "fake = torch.FloatTensor(numbers)  #: made"
    ),
    "a computed array": (
        "array = G(z).detach().numpy() * 2 + 1\nfake = torch.from_numpy(array)  #: made"
    ),
}


@pytest.mark.parametrize("made", GUESSED.values(), ids=GUESSED.keys())
def test_a_rebuild_from_changed_numbers_is_a_guess_at_the_line_that_builds(made: str) -> None:
    recorded = record(made + STEPS, players=True)
    assert recorded.link("G").kind == "guessed"
    assert recorded.culprits("G") == [recorded.marks["made"]]


PROVEN = {
    "tolist": "fake = torch.tensor(G(z).tolist())  #: made",
    "Tensor of numbers": "numbers = G(z).tolist()\nfake = torch.Tensor(numbers)  #: made",
    "FloatTensor": "numbers = G(z).tolist()\nfake = torch.FloatTensor(numbers)  #: made",
    "one number": "fake = torch.tensor(G(z)[0, 0].item()).expand(4, 3)  #: made",
    "a few numbers": "one, two, three = G(z)[0].tolist()\n"
    "fake = torch.tensor([one, two, three]).expand(4, 3)  #: made",
    "from_numpy": "fake = torch.from_numpy(G(z).detach().numpy())  #: made",
    "as_tensor": "array = G(z).detach().numpy()\nfake = torch.as_tensor(array)  #: made",
    "tensor": "array = G(z).data.cpu().numpy()\nfake = torch.tensor(array)  #: made",
    "Tensor": "array = G(z).detach().numpy()\nfake = torch.Tensor(array)  #: made",
}


@pytest.mark.parametrize("made", PROVEN.values(), ids=PROVEN.keys())
def test_a_rebuild_from_the_same_content_is_proven(made: str) -> None:
    recorded = record(made + STEPS, players=True)
    assert recorded.link("G").kind == "cut"
    first, event = recorded.link("G").culprits[0], recorded.passes[0]
    rebuilt = recorded.study.flow.rebuilt_after(first, event.roots)
    assert rebuilt is not None
    assert rebuilt.location is not None
    assert rebuilt.location.line == recorded.marks["made"]


def test_a_number_that_was_computed_with_is_not_the_same_number() -> None:
    recorded = record(
        "fake = torch.tensor(G(z)[0, 0].item() + 0.5).expand(4, 3)" + STEPS, players=True
    )
    assert recorded.link("G").kind == "guessed"


def test_labels_made_before_anything_left_autograd_are_plain_sources() -> None:
    recorded = record(
        "labels = torch.ones(4, 1)\nF.mse_loss(D(G(z)), labels).backward()", players=True
    )
    assert not [value for value in recorded.run.values.values() if value.guessed]


def test_an_argument_of_torch_tensor_with_a_size_is_no_rebuild() -> None:
    recorded = record(
        """
        first = D(G(z)).mean()
        print(first.item())
        first.backward()
        noise = torch.Tensor(4, 2).normal_()
        D(G(noise)).mean().backward()
        """,
        players=True,
    )
    assert recorded.link("G").kind == "live"


REGIONS = {
    "with": "with torch.no_grad():  #: entered\n    made = G(z)\nfake = made * 1",
    "with inference_mode": (
        "with torch.inference_mode():  #: entered\n    made = G(z)\nfake = made.clone()"
    ),
    "set_grad_enabled as context": (
        "with torch.set_grad_enabled(False):  #: entered\n    fake = G(z)"
    ),
    "set_grad_enabled as call": (
        "torch.set_grad_enabled(False)  #: entered\nfake = G(z)\ntorch.set_grad_enabled(True)"
    ),
    "decorated": (
        "@torch.no_grad()\ndef sample(noise):\n    made = G(noise)\n    return made\n\n"
        "fake = sample(z)  #: entered"
    ),
    "decorated inference_mode": (
        "@torch.inference_mode()\ndef sample(noise):\n    return G(noise)\n\n"
        "fake = sample(z).clone()  #: entered"
    ),
    "decorated without parentheses": (
        "@torch.no_grad\ndef sample(noise):\n    return G(noise)\n\nfake = sample(z)  #: entered"
    ),
    "a later one that ended": (
        "region = torch.no_grad()\nregion.__enter__()  #: entered\nfake = G(z)\n"
        "region.__exit__(None, None, None)\nwith torch.no_grad():\n    shown = G(z)"
    ),
}


@pytest.mark.parametrize("made", REGIONS.values(), ids=REGIONS.keys())
def test_a_region_without_gradient_is_named_where_it_was_entered(made: str) -> None:
    recorded = record(made + STEPS, players=True)
    assert recorded.error is None
    assert recorded.link("G").kind == "cut"
    culprit = recorded.link("G").culprits[0]
    assert culprit.cut == "no_grad"
    assert culprit.region is not None
    assert culprit.region.line == recorded.marks["entered"]
