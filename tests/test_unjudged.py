"""Training that cannot be judged is said to be so: gradients that autograd did not deposit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from harness import FIXTURES, Result, Server, read_fixture


@pytest.fixture(scope="module")
def result_of() -> Callable[[Path], Result]:
    def run(path: Path) -> Result:
        with Server() as server:
            return server.run(read_fixture(path))

    return run


def flat(text: str) -> str:
    return " ".join(text.split())


def test_gradients_written_by_hand_are_told_of(result_of: Callable[[Path], Result]) -> None:
    told = flat(result_of(FIXTURES / "silent" / "func_gradients_written.py").text)
    for player in "GD":
        assert f"the gradient of {player} was written by hand before every step" in told


def test_of_the_player_alone_whose_gradient_was(result_of: Callable[[Path], Result]) -> None:
    told = flat(result_of(FIXTURES / "silent" / "gradients_of_each_sample.py").text)
    assert "the gradient of D was written by hand" in told
    assert "the gradient of G" not in told


def test_training_without_gradients_in_place(result_of: Callable[[Path], Result]) -> None:
    told = flat(result_of(FIXTURES / "silent" / "func_updates.py").text)
    assert "Could not be judged: gradients were only asked for" in told
    assert "applied by hand" in told
