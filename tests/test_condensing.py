"""A condensed graph is small, has no circle, and still leads from loss to parameters."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck_gan.condensing import condensed
from gradcheck_gan.run import Backward, Edge, Location, Outcome, Run, Step, Value

LOSS = 10**6


def run_of(values: list[Value]) -> Run:
    table = {value.id: value for value in values}
    loss = Value(LOSS, "mean", "op", (Edge(values[-1].id, True),), live=True)
    event = Backward(LOSS + 1, "backward", 1, None, "s", (LOSS,))
    step = Step(LOSS + 2, 1, 1, None, "s", {1: "nonzero"})
    return Run("t", Outcome("complete"), values=table | {LOSS: loss}, events=(event, step))


def chain(length: int, *, cut_at: int = -1) -> Run:
    """A loop of two lines that starts at a parameter."""
    values = [Value(1, "weight", "parameter", live=True, parameter=1)]
    for number in range(2, length + 2):
        place = Location("train.py", number % 2)
        cut = number == cut_at
        value = Value(number, "mul", "op", (Edge(number - 1, True),), not cut, location=place)
        values.append(replace(value, name="detach", cut="detach") if cut else value)
    return run_of(values)


def below(run: Run, start: int) -> set[int]:
    seen: set[int] = set()
    pending = [start]
    while pending:
        identity = pending.pop()
        if identity not in seen:
            seen.add(identity)
            pending.extend(edge.source for edge in run.values[identity].inputs)
    return seen


def parameters_below(run: Run, start: int) -> set[int | None]:
    return {run.values[one].parameter for one in below(run, start)} - {None}


def test_a_small_run_is_left_alone() -> None:
    run = chain(10)
    assert condensed(run) is run


def test_a_long_loop_becomes_one_value() -> None:
    small = condensed(chain(100_000), limit=50)
    assert len(small.values) == 3
    (event, _) = small.events
    assert isinstance(event, Backward)
    assert parameters_below(small, event.roots[0]) == {1}


def test_a_cut_in_a_loop_is_still_a_cut() -> None:
    small = condensed(chain(1000, cut_at=500), limit=50)
    assert [value.name for value in small.values.values() if value.cut] == ["detach"]


def test_values_on_both_sides_of_a_step_stay_apart() -> None:
    place = Location("train.py", 1)
    values = [Value(n, "mul", "op", (), location=place) for n in (1, 2, 11, 12)]
    steps = (Step(5, 1, 1, None, "s", {}), Step(20, 1, 1, None, "s", {}))
    run = Run("t", Outcome("complete"), values={v.id: v for v in values}, events=steps)
    assert len(condensed(run, limit=1).values) == 2


@given(st.lists(st.tuples(st.integers(0, 3), st.lists(st.integers(1, 30), max_size=3)), min_size=2))
def test_numbers_grow_from_inputs_on_and_nothing_is_cut_off(
    drawn: list[tuple[int, list[int]]],
) -> None:
    values = [Value(1, "weight", "parameter", live=True, parameter=1)]
    for identity, (line, back) in enumerate(drawn, start=2):
        edges = tuple(Edge(identity - step, True) for step in back if identity - step > 0)
        values.append(Value(identity, "f", "op", edges, live=True, location=Location("a", line)))
    run = run_of(values)
    small = condensed(run, limit=0)
    assert len(small.values) <= len(run.values)
    for value in small.values.values():
        assert all(edge.source < value.id for edge in value.inputs)
        assert all(edge.source in small.values for edge in value.inputs)
    (event, _) = small.events
    assert isinstance(event, Backward)
    assert parameters_below(small, event.roots[0]) >= parameters_below(run, LOSS)


@pytest.mark.parametrize("length", [3, 40])
def test_what_passes_speak_of_is_there(length: int) -> None:
    small = condensed(chain(length), limit=1)
    event = small.events[0]
    assert isinstance(event, Backward)
    assert set(event.roots) <= small.values.keys()
