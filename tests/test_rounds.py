"""Rounds: when one closes, who is awaited, and when recording ends."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck_gan.recording.rounds import PATIENCE, Rounds

BOTH = {"G", "D"}


def play(rounds: Rounds, steps: str, living: set[str] = BOTH) -> None:
    for key in steps:
        rounds.step(key, living, skipped=False)


def test_a_round_closes_when_everybody_has_stepped() -> None:
    rounds = Rounds(3, 500)
    play(rounds, "D")
    assert (rounds.closed, rounds.current) == (0, 1)
    play(rounds, "G")
    assert (rounds.closed, rounds.current) == (1, 2)


def test_several_steps_of_one_are_one_round() -> None:
    rounds = Rounds(9, 500)
    play(rounds, "DDDDDG" * 2)
    assert rounds.closed == 2


def test_recording_ends_after_the_asked_rounds_and_not_before() -> None:
    rounds = Rounds(2, 500)
    play(rounds, "DGD")
    assert rounds.stop is None
    play(rounds, "G")
    assert rounds.stop == "rounds"


def test_recording_ends_after_the_allowed_steps() -> None:
    rounds = Rounds(2, 3)
    play(rounds, "DD")
    assert rounds.stop is None
    play(rounds, "D")
    assert rounds.stop == "max-steps"
    assert rounds.closed == 0


def test_the_last_round_wins_over_the_last_step() -> None:
    rounds = Rounds(1, 2)
    play(rounds, "DG")
    assert rounds.stop == "rounds"


def test_nothing_counts_after_the_stop() -> None:
    rounds = Rounds(1, 500)
    play(rounds, "DGDGDG")
    assert (rounds.closed, rounds.steps) == (1, 2)


def test_in_the_first_round_every_living_optimizer_is_awaited() -> None:
    rounds = Rounds(2, 500)
    assert rounds.waited_for(BOTH) == BOTH
    play(rounds, "D" * 10)
    assert rounds.closed == 0
    assert rounds.waited_for(BOTH) == {"G"}


def test_patience_ends_after_two_hundred_steps_without_progress() -> None:
    rounds = Rounds(2, 5000)
    play(rounds, "D" * PATIENCE)
    assert rounds.closed == 0
    play(rounds, "D")
    assert PATIENCE == 200
    assert rounds.closed == 1


def test_progress_renews_patience() -> None:
    living = {"D", "G", "E"}
    rounds = Rounds(2, 5000)
    play(rounds, "D" * (PATIENCE - 5) + "G" + "D" * (PATIENCE - 5), living)
    assert rounds.closed == 0


def test_later_only_those_seen_in_the_last_round_are_awaited() -> None:
    rounds = Rounds(9, 5000)
    play(rounds, "D" * (PATIENCE + 1))
    assert rounds.closed == 1
    play(rounds, "DD")
    assert rounds.closed == 3


def test_a_dead_optimizer_is_not_awaited() -> None:
    rounds = Rounds(9, 500)
    play(rounds, "DG")
    play(rounds, "G", {"G"})
    assert rounds.closed == 2


def test_an_optimizer_that_is_known_by_the_same_key_closes_rounds_though_made_anew() -> None:
    rounds = Rounds(9, 500)
    for _ in range(4):
        play(rounds, "DG")
    assert rounds.closed == 4


def test_skipped_steps_advance_no_round_but_count_for_the_limit() -> None:
    rounds = Rounds(2, 6)
    for _ in range(2):
        rounds.step("D", BOTH, skipped=True)
        rounds.step("G", BOTH, skipped=True)
    assert (rounds.closed, rounds.stop) == (0, None)
    play(rounds, "D")
    assert rounds.waited_for(BOTH) == {"G"}
    play(rounds, "G")
    assert (rounds.closed, rounds.stop) == (1, "max-steps")


@given(st.text("GDE"), st.integers(1, 4), st.integers(1, 30))
@settings(max_examples=200, deadline=None)
def test_every_closed_round_holds_a_step_of_everybody(steps: str, limit: int, most: int) -> None:
    rounds = Rounds(limit, most)
    now: list[str] = []
    for key in steps:
        before = rounds.closed
        rounds.step(key, set("GDE"), skipped=False)
        now.append(key)
        if rounds.closed > before:
            assert set(now) == set("GDE")
            now.clear()
        if rounds.stop is not None:
            break
        assert set(now) != set("GDE")
    assert rounds.closed <= limit
    assert rounds.steps <= most
