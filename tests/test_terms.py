"""The additive terms of a loss: which values are summed, with which sign and weight."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sketch import Pair
from sketch_script import Recorded, record

from gradcheck_gan.analysis.terms import decompose


def terms(loss: str, before: str = "") -> list[tuple[int, float, bool]]:
    """Sign, weight, and whether gradient flows, of each term of a loss of `a` and `b`."""
    recorded = term_script(loss, before)
    return [
        (term.sign, term.weight, term.value.live)
        for term in recorded.study.terms(recorded.passes[-1])
    ]


def term_script(loss: str, before: str = "") -> Recorded:
    recorded = record(
        f"fake = G(z)\na = D(fake).mean()\nb = F.l1_loss(fake, real)\n{before}\nloss = {loss}\n"
        "loss.backward()",
        players=True,
    )
    assert recorded.error is None
    return recorded


TWO = {
    "sum": ("a + b", [(1, 1.0), (1, 1.0)]),
    "difference": ("a - b", [(1, 1.0), (-1, 1.0)]),
    "negated": ("-(a + b)", [(-1, 1.0), (-1, 1.0)]),
    "number minus": ("1 - a + b", [(-1, 1.0), (1, 1.0)]),
    "double negation": ("b - (1 - a)", [(1, 1.0), (1, 1.0)]),
    "weighted": ("a + 10 * b", [(1, 1.0), (1, 10.0)]),
    "weight behind": ("a + b * 10.0", [(1, 1.0), (1, 10.0)]),
    "negative weight": ("a + -2 * b", [(1, 1.0), (-1, -2.0)]),
    "weight of zero": ("a + 0 * b", [(1, 1.0), (1, 0.0)]),
    "weight of zero as tensor": ("a + torch.tensor(0.0) * b", [(1, 1.0), (1, 0.0)]),
    "weight of zero behind": ("a + b * torch.tensor(0.0)", [(1, 1.0), (1, 0.0)]),
    "halved": ("(a + b) / 2", [(1, None), (1, None)]),
    "list": ("sum([a, b])", [(1, 1.0), (1, 1.0)]),
    "stacked": ("torch.stack([a, b]).sum()", [(1, 1.0), (1, 1.0)]),
    "mean of stacked": ("torch.stack([a, b]).mean()", [(1, None), (1, None)]),
    "concatenated": ("torch.cat([a.view(1), b.view(1)]).sum()", [(1, 1.0), (1, 1.0)]),
    "function": ("torch.add(a, b)", [(1, 1.0), (1, 1.0)]),
    "function of differences": ("torch.sub(a, b)", [(1, 1.0), (-1, 1.0)]),
    "side by side": ("torch.hstack([a, b]).sum()", [(1, 1.0), (1, 1.0)]),
    "halved in place": ("(a + b).div_(2)", [(1, None), (1, None)]),
    "as another type": ("(a + b).bfloat16().float()", [(1, 1.0), (1, 1.0)]),
    "scaled": ("torch.amp.GradScaler('cpu').scale(a + b)", [(1, None), (1, None)]),
    "dict": ("sum({'a': a, 'b': b}.values())", [(1, 1.0), (1, 1.0)]),
}


@pytest.mark.parametrize(("loss", "wanted"), TWO.values(), ids=TWO.keys())
def test_a_sum_is_taken_apart(loss: str, wanted: list[tuple[int, float | None]]) -> None:
    found = terms(loss)
    assert [sign for sign, _, _ in found] == [sign for sign, _ in wanted]
    for (_, weight, _), (_, expected) in zip(found, wanted, strict=True):
        assert expected is None or abs(weight) == abs(expected)


def test_an_accumulated_loss_is_taken_apart() -> None:
    assert len(terms("total", "total = 0\nfor each in (a, b):\n    total = total + each")) == 2
    assert (
        len(terms("total", "total = torch.zeros(())\nfor each in (a, b):\n    total += each")) == 2
    )
    assert len(terms("total", "total = a.clone()\ntotal += b")) == 2


def test_a_loss_module_is_one_term_each() -> None:
    before = "mse, l1 = nn.MSELoss(), nn.L1Loss()\nlabels = torch.ones(4, 1)"
    assert len(terms("mse(D(fake), labels) + 10 * l1(fake, real)", before)) == 2
    assert len(terms("nn.BCEWithLogitsLoss()(D(fake), torch.ones(4, 1))")) == 1


def test_a_loss_class_of_the_user_s_is_taken_apart_inside() -> None:
    before = (
        "class Loss(nn.Module):\n    def forward(self, fake, real):\n"
        "        return D(fake).mean() + F.l1_loss(fake, real)\ncriterion = Loss()"
    )
    assert len(terms("criterion(fake, real)", before)) == 2


def test_a_product_of_two_computed_factors_is_one_term() -> None:
    assert len(terms("(a * (b - a.detach()))")) == 1
    assert len(terms("b + a * (b + a)")) == 2


def test_a_player_is_not_taken_apart() -> None:
    before = (
        "class Two(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.one, self.two = nn.Linear(3, 1), nn.Linear(3, 1)\n"
        "    def forward(self, x):\n        return (self.one(x) + self.two(x)).mean()\n"
        "judge = Two()\noptJ = torch.optim.SGD(judge.parameters(), lr=0.1)"
    )
    assert len(terms("judge(fake)", before)) == 1


def test_a_dead_term_is_a_term() -> None:
    found = terms("D(fake.detach()).mean().detach() + b")
    assert sorted(live for _, _, live in found) == [False, True]


def test_a_constant_is_no_term() -> None:
    assert len(terms("a + 3.0 + torch.ones(()) + real.mean()")) == 1


def test_a_value_swap_has_a_dead_part_that_holds_a_negation() -> None:
    found = terms("a + (b - a).detach()")
    assert [live for _, _, live in found].count(True) == 1
    assert len(found) == 2


def test_a_nonlinear_function_of_a_sum_is_one_term() -> None:
    assert len(terms("(a + b).exp()")) == 1
    assert len(terms("(a + b) ** 2")) == 1
    assert len(terms("1 / (a + b)")) == 1
    assert len(terms("torch.divide(torch.tensor(3.0), a + b)")) == 1
    assert len(terms("total", "total = torch.tensor(3.0)\ntotal /= a + b")) == 1


def test_each_term_stands_at_its_own_line() -> None:
    recorded = term_script("(first + second)", "first = 2 * a\nsecond = -b  #: second")
    lines = [
        term.value.location.line
        for term in recorded.study.terms(recorded.passes[-1])
        if term.value.location is not None
    ]
    header = recorded.marks["second"]
    assert lines == [header - 3, header - 2]


@given(st.lists(st.tuples(st.sampled_from("+-"), st.sampled_from([0.0, 0.5, 3.0])), min_size=1))
@settings(max_examples=100, deadline=None)
def test_signs_and_weights_multiply_along_any_nesting(parts: list[tuple[str, float]]) -> None:
    """The loss `w (w' (x +- y) +- y') ...` against the same sums in numbers."""
    story = Pair()
    parameter = min(story.held(story.G))
    wanted: dict[int, float] = {}
    total = story.value("square", parameter)
    wanted[total] = 1.0
    for sign, weight in parts:
        leaf = story.value("square", parameter)
        total = story.value("__add__" if sign == "+" else "__sub__", total, leaf)
        wanted[leaf] = 1.0 if sign == "+" else -1.0
        total = story.value("__mul__", total, constant=weight)
        wanted = {each: value * weight for each, value in wanted.items()}
    found = decompose(story.run(), total, lambda value: value.name == "square", lambda each: True)
    assert {term.value.id: term.sign * abs(term.weight) for term in found} == wanted


def test_a_long_running_total_does_not_recurse() -> None:
    story = Pair()
    parameter = min(story.held(story.G))
    total = story.value("square", parameter)
    for _ in range(20_000):
        total = story.value("__add__", total, story.value("square", parameter))
    found = decompose(story.run(), total, lambda value: value.name == "square", lambda each: True)
    assert len(found) == 20_001
