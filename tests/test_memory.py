"""Recording keeps no tensor alive, holds little itself, and lets deep graphs go."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from observer_server import differences, plain, recorded

from gradcheck_gan.recording.watches import TOO_DEEP

OBSERVED = Path(__file__).parent / "probes" / "observed"
TO_THE_END = 1000


def observed(name: str) -> Path:
    return OBSERVED / f"{name}.py"


@pytest.mark.parametrize("what", ["loop", "variables", "after_errors", "players"])
def test_nothing_outlives_its_time(what: str) -> None:
    program = observed(f"memory_{what}" if what.startswith("after") else f"memory_of_{what}")
    seen = recorded(program, TO_THE_END)
    assert seen.how == "ended"
    assert seen.stdout == plain(program).stdout


def test_lifetimes_are_told() -> None:
    """The program that the comparison rests on says what dies and what does not."""
    lines = plain(observed("memory_of_loop")).stdout.splitlines()
    after = next(line for line in lines if line.startswith("2 after G"))
    assert "'fake'" in after
    assert "'1 fake'" not in after
    assert next(line for line in lines if line.startswith("end")).startswith("end [] 0 ")


def test_the_recorder_grows_little_with_updates_and_not_at_all_between_them() -> None:
    seen = recorded(observed("memory_of_recorder"), TO_THE_END)
    assert seen.how == "ended"
    sizes = [int(size) for size in seen.stdout.split()]
    training, evaluation = sizes[:7], sizes[7:]
    growth = [later - earlier for earlier, later in pairwise(training)]
    assert 0 < max(growth) < 20 * 64_000, "of twenty updates"
    assert growth[-1] < 1.5 * growth[1], "each update costs more than the one before"
    assert evaluation[-1] - evaluation[1] < 60_000, "four hundred passes forward, none backward"


@pytest.mark.parametrize("links", ["sums", "roundings", "calls", "functions"])
def test_a_deep_graph_can_be_dropped(links: str) -> None:
    program = observed(f"chain_of_{links}")
    seen = recorded(program, TO_THE_END)
    different = differences(plain(program), seen)
    assert [each for each in different if not each.startswith(TOO_DEEP)] == []
