"""What passes deposit in parameters, and what becomes of it: cleared, kept, or no longer known."""

from __future__ import annotations

import pytest
from sketch_script import record

TWICE = """
for _ in range(2):
    {clear}
    D(real).mean().backward()
    optD.step()
"""


def test_a_deposit_is_what_the_pass_added() -> None:
    recorded = record(
        """
        D.weight.mean().backward()
        (D.weight * 0).sum().backward()
        (D.weight * 3).sum().backward()
        """,
        players=True,
    )
    weight = recorded.parameter("D.weight").id
    deposits = [event.deposits[weight] for event in recorded.passes]
    assert [deposit.zero for deposit in deposits] == [False, True, False]
    assert all(set(event.deposits) == {weight} for event in recorded.passes)


def test_a_zero_deposit_onto_nothing_is_a_zero_deposit_not_a_missing_one() -> None:
    recorded = record("(0 * D(real).mean() + G(z).mean()).backward()", players=True)
    assert recorded.deposits(recorded.passes[0]) == {
        "D.bias": False,
        "D.weight": False,
        "G.bias": True,
        "G.weight": True,
    }


def test_deposits_that_are_not_finite_are_told() -> None:
    recorded = record("(D(real).sum() * float('inf')).backward()", players=True)
    assert not any(deposit.finite for deposit in recorded.passes[0].deposits.values())


def test_inputs_limit_what_is_deposited() -> None:
    recorded = record("D(G(z)).mean().backward(inputs=list(D.parameters()))", players=True)
    assert recorded.deposits(recorded.passes[0]) == {"D.bias": True, "D.weight": True}


def test_autograd_grad_deposits_nothing() -> None:
    recorded = record("torch.autograd.grad(D(G(z)).mean(), list(G.parameters()))", players=True)
    assert [event.kind for event in recorded.passes] == ["grad"]
    assert recorded.passes[0].deposits == {}


CLEARED = {
    "None": "for p in D.parameters(): p.grad = None",
    "zero in place": "for p in D.parameters():\n        if p.grad is not None: p.grad.zero_()",
    "zero of data": "for p in D.parameters():\n        if p.grad is not None: p.grad.data.zero_()",
    "zero detached": (
        "for p in D.parameters():\n        if p.grad is not None: p.grad.detach().zero_()"
    ),
    "fill": "for p in D.parameters():\n        if p.grad is not None: p.grad.fill_(0)",
    "zeros assigned": "for p in D.parameters(): p.grad = torch.zeros_like(p)",
    "times zero": "for p in D.parameters():\n        if p.grad is not None: p.grad *= 0",
    "deleted": "for p in D.parameters():\n        if p.grad is not None: del p.grad",
    "optimizer": "optD.zero_grad()",
    "optimizer to zeros": "optD.zero_grad(set_to_none=False)",
    "module": "D.zero_grad()",
    "module to zeros": "D.zero_grad(set_to_none=False)",
    "slice": "for p in D.parameters():\n        if p.grad is not None: p.grad[:] = 0",
    "foreach": (
        "torch._foreach_zero_([p.grad for p in D.parameters() if p.grad is not None])\n    pass"
    ),
}


@pytest.mark.parametrize("clear", CLEARED.values(), ids=CLEARED.keys())
def test_clearing_is_seen_however_it_is_done(clear: str) -> None:
    if "foreach" in clear:
        clear = f"if D.weight.grad is not None: {clear}"
    recorded = record(TWICE.format(clear=clear), players=True)
    assert recorded.error is None
    assert recorded.consumed() == [{"D.weight": 1, "D.bias": 1}] * 2
    assert all(not step.unknown for step in recorded.steps)


def test_what_is_not_cleared_piles_up() -> None:
    recorded = record(TWICE.format(clear="pass"), players=True)
    assert recorded.consumed() == [{"D.weight": n, "D.bias": n} for n in (1, 2)]


def test_cancellation_to_exactly_zero_is_not_a_clear() -> None:
    recorded = record(
        """
        D(real).mean().backward()
        (-D(G(z).detach()).mean()).backward()
        assert not D.bias.grad.any()
        optD.step()
        """,
        players=True,
    )
    assert recorded.error is None
    assert recorded.consumed() == [{"D.weight": 2, "D.bias": 2}]


def test_a_zero_deposit_is_not_a_clear() -> None:
    recorded = record(
        """
        (0 * D(real).mean()).backward()
        (0 * D(real).mean()).backward()
        optD.step()
        """,
        players=True,
    )
    assert recorded.consumed() == [{"D.weight": 2, "D.bias": 2}]


def test_a_gradient_cleared_between_two_passes_leaves_only_the_second() -> None:
    recorded = record(
        """
        D(real).mean().backward()
        D.bias.grad.zero_()
        D(real).mean().backward()
        optD.step()
        """,
        players=True,
    )
    assert recorded.consumed() == [{"D.weight": 2, "D.bias": 1}]


def test_a_step_tells_what_it_stepped_on() -> None:
    recorded = record(
        """
        optD.step()
        (0 * D.weight.sum()).backward()
        optD.step()
        D(real).mean().backward()
        optD.step()
        D.weight.grad[0, 1] = float("nan")
        optD.step()
        """,
        players=True,
    )
    weight, bias = (recorded.parameter(f"D.{name}").id for name in ("weight", "bias"))
    assert [step.gradients[weight] for step in recorded.steps] == [
        "none",
        "zero",
        "nonzero",
        "nonfinite",
    ]
    assert [step.gradients[bias] for step in recorded.steps] == ["none", "none"] + ["nonzero"] * 2


def test_a_sparse_gradient_is_a_deposit() -> None:
    recorded = record(
        """
        import torch
        table = torch.nn.Embedding(9, 2, sparse=True)
        opt = torch.optim.SparseAdam(list(table.parameters()))
        for weight in (1.0, 0.0):
            opt.zero_grad()
            (table(torch.tensor([1, 2])).sum() * weight).backward()
            opt.step()
        """
    )
    assert [recorded.deposits(event) for event in recorded.passes] == [
        {"table.weight": True},
        {"table.weight": False},
    ]
    assert recorded.consumed() == [{"table.weight": 1}] * 2


def test_a_complex_gradient_is_a_deposit() -> None:
    recorded = record(
        """
        import torch
        phase = torch.nn.Parameter(torch.ones(3, dtype=torch.complex64))
        opt = torch.optim.SGD([phase], lr=0.1)
        for weight in (1.0, 0.0, float("nan")):
            opt.zero_grad()
            (phase.imag.sum() * weight).backward()
            opt.step()
        """
    )
    (identity,) = recorded.steps[0].gradients
    assert [event.deposits[identity].zero for event in recorded.passes] == [False, True, False]
    assert [event.deposits[identity].finite for event in recorded.passes] == [True, True, False]
    assert recorded.consumed() == [{"phase": 1}] * 3


def test_parameters_of_lazy_modules_are_followed_through_their_first_forward() -> None:
    recorded = record(
        """
        import torch
        from torch import nn
        net = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d(), nn.Linear(3, 1))
        opt = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(2):
            opt.zero_grad()
            net(torch.randn(4, 2)).mean().backward()
            opt.step()
        """
    )
    assert recorded.error is None
    assert len(recorded.passes[0].deposits) == 6
    assert all(len(found) == 6 for found in recorded.consumed())
    weight = recorded.parameter("net.0.weight")
    assert weight.shape == (3, 2)


def test_half_precision_and_empty_parameters_are_measured() -> None:
    recorded = record(
        """
        import torch
        half = torch.nn.Parameter(torch.ones(3, dtype=torch.bfloat16))
        empty = torch.nn.Parameter(torch.ones(0))
        (half.sum() + empty.sum()).backward()
        """
    )
    assert recorded.error is None
    assert recorded.deposits(recorded.passes[0])["half"] is True


def test_a_shared_parameter_gets_one_deposit_a_pass() -> None:
    recorded = record(
        """
        import torch
        from torch import nn
        table = nn.Embedding(5, 3)
        head = nn.Linear(3, 5)
        head.weight = table.weight
        head(table(torch.tensor([1, 2]))).sum().backward()
        """
    )
    assert len(recorded.passes[0].deposits) == 2


COMPUTED = {
    "weight_norm of old": "torch.nn.utils.weight_norm",
    "weight_norm": "torch.nn.utils.parametrizations.weight_norm",
    "spectral_norm of old": "torch.nn.utils.spectral_norm",
    "spectral_norm": "torch.nn.utils.parametrizations.spectral_norm",
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("normed", COMPUTED.values(), ids=COMPUTED.keys())
def test_parameters_made_of_others_that_no_optimizer_holds_are_filled_from_the_first(
    normed: str,
) -> None:
    recorded = record(
        f"""
        E = torch.nn.Sequential({normed}(torch.nn.Linear(3, 4)), {normed}(torch.nn.Linear(4, 1)))
        (D(G(z)).mean() + E(G(z)).mean()).backward()
        optD.step()
        """,
        players=True,
    )
    filled = recorded.passes[0].deposits.keys()
    inside = {p.id for p in recorded.run.parameters.values() if p.name.startswith("E.")}
    assert len(inside) in (4, 6)
    assert inside <= filled
