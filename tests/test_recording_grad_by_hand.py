"""Gradients that the script itself changes: their deposits are kept, or no longer known."""

from __future__ import annotations

import pytest
from sketch_script import Recorded, record

KEPT = {
    "clipped by norm": "nn.utils.clip_grad_norm_(D.parameters(), 0.1)",
    "clipped by value": "nn.utils.clip_grad_value_(D.parameters(), 0.1)",
    "divided": "for p in D.parameters(): p.grad /= 2",
    "scaled": "for p in D.parameters(): p.grad.mul_(0.5)",
    "scaled data": "for p in D.parameters(): p.grad.data.mul_(0.5)",
    "cloned": "for p in D.parameters(): p.grad = p.grad.clone()",
    "rescaled anew": "for p in D.parameters(): p.grad = p.grad * 0.5",
    "detached": "for p in D.parameters(): p.grad = p.grad.detach()",
    "normalised": "for p in D.parameters(): p.grad = p.grad / (p.grad.norm() + 1e-8)",
    "only read": "norm = sum(p.grad.norm() for p in D.parameters()).item()",
    "flattened": "flat = torch.cat([p.grad.flatten() for p in D.parameters()])",
}


@pytest.mark.parametrize("change", KEPT.values(), ids=KEPT.keys())
def test_a_gradient_made_from_itself_keeps_its_deposits(change: str) -> None:
    recorded = record(f"D(real).mean().backward()\n{change}\noptD.step()", players=True)
    assert recorded.error is None
    assert recorded.consumed() == [{"D.weight": 1, "D.bias": 1}]
    assert recorded.steps[0].unknown == frozenset()


UNKNOWN = {
    "another's": "for p in D.parameters(): p.grad = torch.randn_like(p)",
    "copied in": "for p in D.parameters(): p.grad.copy_(torch.randn_like(p))",
    "negated": "for p in D.parameters(): p.grad.neg_()",
    "negated by factor": "for p in D.parameters(): p.grad.mul_(-1)",
    "noise added": "for p in D.parameters(): p.grad.add_(torch.randn_like(p))",
}


@pytest.mark.parametrize("change", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_of_a_gradient_changed_by_hand_nothing_is_claimed(change: str) -> None:
    recorded = record(f"D(real).mean().backward()\n{change}\noptD.step()", players=True)
    assert recorded.error is None
    held = {recorded.parameter(f"D.{name}").id for name in ("weight", "bias")}
    assert recorded.steps[0].unknown >= held


def test_a_gradient_written_where_none_was_is_unknown_until_it_is_cleared() -> None:
    recorded = record(
        """
        for p, g in zip(D.parameters(), torch.autograd.grad(D(real).mean(), list(D.parameters()))):
            p.grad = g
        optD.step()
        optD.zero_grad()
        D(real).mean().backward()
        optD.step()
        """,
        players=True,
    )
    held = {recorded.parameter(f"D.{name}").id for name in ("weight", "bias")}
    assert [step.unknown & held for step in recorded.steps] == [held, set()]
    assert recorded.consumed() == [{}, {"D.weight": 1, "D.bias": 1}]


def saved_and_restored(save: str, restore: str) -> Recorded:
    return record(
        f"""
        D(real).mean().backward()
        saved = [{save} for p in D.parameters()]
        optD.zero_grad()
        D(G(z)).mean().backward()
        optG.step()
        for p, g in zip(D.parameters(), saved):
            {restore}
        optD.step()
        """,
        players=True,
    )


@pytest.mark.parametrize(
    ("save", "restore"),
    [
        ("p.grad.clone()", "p.grad = g"),
        ("p.grad", "p.grad = g"),
        ("p.grad.clone()", "p.grad.copy_(g)"),
    ],
)
def test_a_saved_and_restored_gradient_is_not_taken_for_the_pass_between(
    save: str, restore: str
) -> None:
    recorded = saved_and_restored(save, restore)
    held = {recorded.parameter(f"D.{name}").id for name in ("weight", "bias")}
    between = recorded.passes[1].order
    last = recorded.study.ledger.consumptions[-1]
    assert held <= last.unknown or all(between not in orders for orders in last.passes.values())


@pytest.mark.parametrize(
    ("write", "known"),
    [("p.grad.mul_(0.5)", False), ("p.grad = p.grad * 0.5", False), ("p.grad.zero_()", True)],
)
def test_what_a_step_has_used_and_the_script_keeps_is_unknown(write: str, known: bool) -> None:
    recorded = record(
        f"""
        for _ in range(2):
            D(real).mean().backward()
            optD.step()
            for p in D.parameters():
                {write}
        """,
        players=True,
    )
    assert [not step.unknown for step in recorded.steps] == [True, known]
