"""Random programs: the culprit is the line that was planted, and right ones stay silent."""

from __future__ import annotations

import os
from itertools import chain
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, assume, event, given, settings
from random_programs import FAULTS, STRAIGHT_THROUGH, Program, cut_twice, programs
from sketch_script import Recorded, record

from gradcheck_gan.checking import check

# For instance 2000 where a night is at hand; the same few hundred programs otherwise.
EXAMPLES = os.environ.get("GRADCHECK_GAN_EXAMPLES")

many = settings(
    max_examples=int(EXAMPLES or 25),
    derandomize=EXAMPLES is None,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def deposited(recorded: Recorded) -> str:
    """What plain autograd left in the generator: `none`, `zero` or `some`."""
    model: Any = recorded.scope["G"]
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    if not gradients:
        return "none"
    assume(all(bool(torch.isfinite(each).all()) for each in gradients))
    return "some" if any(bool(each.any()) for each in gradients) else "zero"


def found(recorded: Recorded) -> list[tuple[str, str]]:
    report = check(recorded.run)
    assert not [note for note in report.notes if "failed inside" in note]
    return recorded.marked(report.findings)


@pytest.mark.parametrize("code", FAULTS)
def test_the_culprit_is_the_line_that_was_planted(code: str) -> None:
    @many
    @given(programs(FAULTS[code]))
    def holds(program: Program) -> None:
        recorded = record(program.source)
        assert recorded.error is None
        # Where None goes into a node of several parts, torch fills it up with zeros.
        assert deposited(recorded) in {"GG104": ("zero",), "GG108": ("none", "zero")}.get(
            code, ("none",)
        )
        assert found(recorded) == [(code, "fault")], program.source

    holds()


@many
@given(cut_twice())
def test_one_of_two_cuts_is_named_where_both_ways_are_closed(
    program: tuple[str, dict[str, str]],
) -> None:
    source, codes = program
    recorded = record(source)
    assert recorded.error is None
    assert deposited(recorded) != "some"
    assert [f for f in found(recorded) if f not in {(codes[m], m) for m in codes}] == [], source
    assert len(found(recorded)) == 1, source


@many
@given(programs(("a = a * 0.9", "a = a - 0.1")))
def test_a_program_without_a_fault_is_silent(program: Program) -> None:
    recorded = record(program.source)
    assert recorded.error is None
    assume(deposited(recorded) == "some")
    assert found(recorded) == [], program.source


@many
@given(programs(STRAIGHT_THROUGH))
def test_a_straight_through_gradient_is_no_fault(program: Program) -> None:
    recorded = record(program.source)
    assert recorded.error is None
    assume(deposited(recorded) == "some")
    assert found(recorded) == [], program.source


@many
@given(programs(tuple(chain(*FAULTS.values())), live=True))
def test_a_way_around_a_cut_is_enough(program: Program) -> None:
    recorded = record(program.source)
    assert recorded.error is None
    assume(deposited(recorded) == "some")
    event("judged")
    assert found(recorded) == [], program.source
