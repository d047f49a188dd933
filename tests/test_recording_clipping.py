"""Weights that the script clips: their bounds, and what a step leaves outside of them."""

from __future__ import annotations

import math

import pytest
from sketch_script import record

from gradcheck_gan.run import Step, Write

CLIPS = {
    "data clamp": ("p.data.clamp_(-0.01, 0.02)", (-0.01, 0.02)),
    "keywords": ("p.data.clamp_(max=0.02, min=-0.01)", (-0.01, 0.02)),
    "copied": ("p.data.copy_(p.data.clip(-0.01, 0.02))", (-0.01, 0.02)),
    "assigned": ("p.data = torch.clamp(p.data, -0.01, 0.02)", (-0.01, 0.02)),
    "lower": ("p.data.clamp_min_(0)", (0.0, math.inf)),
    "upper": ("p.data.clamp_max_(0.5)", (-math.inf, 0.5)),
    "tensor": ("p.data.clamp_(torch.tensor(-0.5), torch.tensor(0.5))", (-0.5, 0.5)),
    "in place under no_grad": ("with torch.no_grad(): p.clamp_(-0.5, 0.5)", (-0.5, 0.5)),
    "copied under no_grad": ("with torch.no_grad(): p.copy_(p.clamp(-0.5, 0.5))", (-0.5, 0.5)),
}
OTHER = {
    "scaled under no_grad": "with torch.no_grad(): p.mul_(0.9)",
    "scaled": "p.data.mul_(0.9)",
    "scaled and clipped": "p.data.mul_(0.9).clamp_(-0.5, 0.5)",
    "of another": "p.data.copy_(q.data.clamp(-0.5, 0.5))",
    "moved and clipped": "p.data = (p.data + 0.1).clamp(-0.5, 0.5)",
}


def written(statement: str) -> set[tuple[float, float] | None]:
    recorded = record(
        "twin = nn.Linear(3, 1)\nD(real).mean().backward()\noptD.step()\n"
        f"for p, q in zip(D.parameters(), twin.parameters()):\n    {statement}",
        players=True,
    )
    return {event.bounds for event in recorded.run.events if isinstance(event, Write)}


@pytest.mark.parametrize(("statement", "bounds"), CLIPS.values(), ids=CLIPS.keys())
def test_a_clip_of_a_parameter_to_numbers_tells_its_bounds(
    statement: str, bounds: tuple[float, float]
) -> None:
    assert bounds in written(statement)


@pytest.mark.parametrize("statement", OTHER.values(), ids=OTHER.keys())
def test_what_changes_more_than_that_is_no_clip(statement: str) -> None:
    assert None in written(statement)


@pytest.mark.parametrize(("bound", "left"), [(0.01, True), (100.0, False)])
def test_a_step_tells_how_far_it_left_the_bounds(bound: float, left: bool) -> None:
    recorded = record(
        f"""
        for _ in range(2):
            D(real).sum().backward()
            optD.step()
            for p in D.parameters():
                p.data.clamp_(-{bound}, {bound})
        """,
        players=True,
    )
    first, second = (event for event in recorded.run.events if isinstance(event, Step))
    assert not first.outside, "nothing was clipped before"
    assert bool(second.outside) is left
    assert all(distance > 0.0 for distance in second.outside.values())


def test_passes_tell_whether_they_kept_their_graph() -> None:
    recorded = record(
        """
        loss = D(real).mean()
        loss.backward(retain_graph=True)
        torch.autograd.grad(loss, D.weight, create_graph=True)
        loss.backward()
        """,
        players=True,
    )
    assert [event.retained for event in recorded.passes] == [True, True, False]
