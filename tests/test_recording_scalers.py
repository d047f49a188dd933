"""Gradient scalers: what is recorded of scaling, unscaling, clipping and stepping."""

from __future__ import annotations

import pytest
import torch
from sketch_script import Recorded, record
from torch.amp import GradScaler

from gradcheck_gan.checking import judge
from gradcheck_gan.finding import Finding

BEGIN = 'scaler = torch.amp.GradScaler("cpu", init_scale=64.0)\n'
D_PASS = "scaler.scale(D(real).mean()).backward()\n"


def recorded(lines: str, **options: object) -> Recorded:
    return record(BEGIN + lines, players=True, **options)  # type: ignore[arg-type]


def amp(found: Recorded) -> list[Finding]:
    return [each for each in judge(found.run).findings if each.code == "GG501"]


def scales(found: Recorded) -> list[float]:
    return [value.scale for value in found.run.values.values() if value.scale != 1.0]


def test_what_a_scaler_multiplied_carries_the_scale() -> None:
    found = recorded(D_PASS)
    assert scales(found) == [64.0]
    root = found.run.values[found.passes[0].roots[0]]
    assert (root.name, root.scale) == ("mul", 64.0)


@pytest.mark.parametrize(
    "scaled",
    [
        "[a, b]",
        "(a, b)",
        "(each for each in (a, b))",
        "[(a,), [b]]",
    ],
)
def test_several_losses_scaled_at_once_carry_it_each(scaled: str) -> None:
    walk = """
def losses(found):
    for each in found:
        yield from losses(each) if not isinstance(each, torch.Tensor) else [each]
"""
    found = recorded(
        walk + f"a, b = D(real).mean(), D(real).sum()\n"
        f"for loss in losses(scaler.scale({scaled})): loss.backward(retain_graph=True)\n"
    )
    assert scales(found) == [64.0, 64.0]


def test_a_scaler_that_is_switched_off_leaves_nothing() -> None:
    found = record(
        'scaler = torch.amp.GradScaler("cpu", enabled=False)\n'
        + D_PASS
        + "nn.utils.clip_grad_norm_(D.parameters(), 0.1)\n"
        + "scaler.unscale_(optD)\nscaler.step(optD)\nscaler.update()\n",
        players=True,
    )
    assert (scales(found), found.run.unscalings, found.run.clips) == ([], (), ())
    (step,) = found.steps
    assert (step.scaler, step.divisor) == (None, 1.0)


def test_unscaling_and_clipping_are_recorded_with_their_lines_and_sizes() -> None:
    found = recorded(
        D_PASS
        + "scaler.unscale_(optD)  #: unscaled\n"
        + "norm = float(nn.utils.clip_grad_norm_(D.parameters(), 0.1))  #: clipped\n"
        + "scaler.step(optD)\n"
    )
    (unscaling,), (clip,) = found.run.unscalings, found.run.clips
    assert unscaling.location is not None
    assert clip.location is not None
    assert unscaling.location.line == found.marks["unscaled"]
    assert (unscaling.scale, unscaling.overflow, unscaling.asked) == (64.0, False, False)
    assert clip.location.line == found.marks["clipped"]
    assert (clip.kind, clip.bound, clip.size) == ("norm", 0.1, found.scope["norm"])
    assert clip.parameters == unscaling.parameters == found.run.optimizers[2].parameters
    assert [step.scaler for step in found.steps] == [unscaling.scaler]
    assert amp(found) == []


def test_a_clip_without_a_scaler_is_not_recorded() -> None:
    found = record(
        "D(real).mean().backward()\nnn.utils.clip_grad_norm_(D.parameters(), 0.1)\n"
        "nn.utils.clip_grad_value_(D.parameters(), 0.1)\noptD.step()\n",
        players=True,
    )
    assert found.run.clips == ()


def test_the_largest_entry_is_told_of_a_clip_by_value() -> None:
    found = recorded(
        D_PASS
        + "largest = max(float(p.grad.abs().max()) for p in D.parameters())\n"
        + "nn.utils.clip_grad_value_(iter([*D.parameters()]), 0.5)\n"
        + "now = max(float(p.grad.abs().max()) for p in D.parameters())\n"
    )
    (clip,) = found.run.clips
    assert (clip.kind, clip.bound, clip.size) == ("value", 0.5, found.scope["largest"])
    assert found.scope["now"] == 0.5


@pytest.mark.parametrize("given", ["D.parameters()", "D.weight", "[D.weight]", "{D.weight}"])
def test_a_clip_takes_what_it_takes_plainly(given: str) -> None:
    found = recorded(D_PASS + f"norm = nn.utils.clip_grad_norm_({given}, max_norm=1e-3)\n")
    assert found.error is None
    left = [p.grad for p in found.scope["D"].parameters()][: 2 if "parameters" in given else 1]
    assert float(torch.stack([g.norm() for g in left]).norm()) == pytest.approx(1e-3, rel=1e-3)
    (clip,) = found.run.clips
    assert len(clip.parameters) == len(left)
    assert clip.size == float(found.scope["norm"]) > 1.0


def test_a_fused_optimizer_is_told_what_to_divide_by() -> None:
    found = recorded(
        "optD = torch.optim.SGD(D.parameters(), lr=0.1, fused=True)\n"
        + D_PASS
        + "scaler.step(optD)\n"
    )
    assert [step.divisor for step in found.steps] == [64.0]
    assert amp(found) == []


@pytest.mark.parametrize(
    "change",
    [
        "for p in D.parameters(): p.grad.div_(64.0)",
        "for p in D.parameters(): p.grad = p.grad / 64.0",
        "for p in D.parameters(): p.grad.data.copy_(p.grad / 64.0)",
        "torch._foreach_div_([p.grad for p in D.parameters()], 64.0)",
    ],
)
def test_gradients_changed_by_hand_are_touched(change: str) -> None:
    found = recorded(f"{D_PASS}{change}\noptD.step()\n")
    (step,) = found.steps
    assert step.touched | step.unknown == frozenset(step.gradients)
    assert amp(found) == []


def test_what_a_later_pass_adds_does_not_hide_a_change_by_hand() -> None:
    found = recorded(
        D_PASS
        + "for p in D.parameters(): p.grad.div_(64.0)\n"
        + "D(real).square().mean().backward()\noptD.step()\n"
    )
    assert found.steps[0].touched == frozenset(found.steps[0].gradients)
    assert amp(found) == []


def test_a_gradient_that_was_cleared_is_touched_no_more() -> None:
    found = recorded(
        D_PASS
        + "for p in D.parameters(): p.grad.div_(64.0)\n"
        + "optD.zero_grad()\n"
        + D_PASS
        + "optD.step()  #: step\n"
    )
    assert found.steps[0].touched == frozenset()
    assert [each.location.line for each in amp(found)] == [found.marks["step"]]


def test_a_step_that_the_scaler_refuses_is_one_of_nothing() -> None:
    found = recorded(
        "for p in G.parameters(): p.grad = None\n" + D_PASS + "scaler.step(optG)  #: step\n"
    )
    assert isinstance(found.error, AssertionError)
    (step,) = found.steps
    assert set(step.gradients.values()) == {"none"}
    assert not step.skipped
    assert found.run.outcome.rounds == 0


def test_a_script_whose_every_step_is_skipped_ends_at_the_limit() -> None:
    found = recorded(
        "for n in range(50):\n"
        "    optD.zero_grad()\n"
        "    scaler.scale(D(real).mean() * float('inf')).backward()\n"
        "    scaler.step(optD)\n"
        "    scaler.update()\n",
        max_steps=5,
    )
    assert found.scope["n"] == 4
    assert [step.skipped for step in found.steps] == [True] * 5
    assert found.run.outcome.overflowed == 5
    assert judge(found.run).notes[-1].startswith("optD never stepped: its gradient scaler met")


def test_nothing_of_it_is_left_behind() -> None:
    patched = ("scale", "unscale_", "step", "get_scale")
    before = [vars(GradScaler)[name] for name in patched]
    clips = torch.nn.utils.clip_grad_norm_, torch.nn.utils.clip_grad.clip_grad_value_
    recorded(D_PASS + "scaler.step(optD)\n")
    assert [vars(GradScaler)[name] for name in patched] == before
    assert (torch.nn.utils.clip_grad_norm_, torch.nn.utils.clip_grad.clip_grad_value_) == clips
