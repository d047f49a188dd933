"""Rounds: when one closes, who is awaited, and when recording ends."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck_gan.recording.keys import Key, without_parts
from gradcheck_gan.recording.rounds import PATIENCE, PATIENCE_WITH_TWINS, Rounds


def keys(players: str) -> set[Key]:
    return {Key(player) for player in players}


BOTH = keys("GD")


def play(rounds: Rounds, steps: str, living: set[Key] = BOTH) -> None:
    for player in steps:
        rounds.step(Key(player), living, skipped=False)


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
    assert rounds.waited_for(BOTH) == keys("G")


def test_patience_ends_after_two_hundred_steps_without_progress() -> None:
    rounds = Rounds(2, 5000)
    play(rounds, "D" * PATIENCE)
    assert rounds.closed == 0
    play(rounds, "D")
    assert PATIENCE == 200
    assert rounds.closed == 1


def test_progress_renews_patience() -> None:
    living = keys("DGE")
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
    play(rounds, "G", keys("G"))
    assert rounds.closed == 2


def test_an_optimizer_that_is_known_by_the_same_key_closes_rounds_though_made_anew() -> None:
    rounds = Rounds(9, 500)
    for _ in range(4):
        play(rounds, "DG")
    assert rounds.closed == 4


TWINS = Key("G", "first line"), Key("G", "second line")


def test_of_two_optimizers_of_the_same_parameters_both_are_awaited() -> None:
    rounds = Rounds(9, 500)
    for _ in range(2):
        for key in (TWINS[0], TWINS[0], TWINS[1]):
            rounds.step(key, set(TWINS), skipped=False)
    assert rounds.closed == 2


def test_one_that_rests_while_its_twin_steps_is_awaited_once_and_for_a_shorter_time() -> None:
    rounds = Rounds(9, 500)
    living = {*TWINS, Key("D")}
    for key in (*TWINS, Key("D")):
        rounds.step(key, living, skipped=False)
    assert rounds.closed == 1
    steps = 0
    while rounds.closed == 1:
        for key in (TWINS[1], Key("D")):
            rounds.step(key, living, skipped=False)
            steps += 1
    assert PATIENCE_WITH_TWINS <= steps <= PATIENCE_WITH_TWINS + 3
    for key in (TWINS[1], Key("D")):
        rounds.step(key, living, skipped=False)
    assert rounds.closed == 3


def test_a_player_that_steps_alone_may_have_two_optimizers() -> None:
    rounds = Rounds(9, 500)
    for key in TWINS:
        rounds.step(key, {*TWINS, Key("D")}, skipped=False)
    alone = rounds.alone()
    assert alone is not None
    assert alone.player == "G"


def test_an_optimizer_that_another_one_is_made_of_has_its_key() -> None:
    inner, outer, other = SimpleNamespace(), SimpleNamespace(), SimpleNamespace()
    outer.base_optimizer = inner
    found = without_parts(
        {id(inner): TWINS[0], id(outer): TWINS[1], id(other): Key("D")}, [inner, outer, other]
    )
    assert found == {id(inner): TWINS[1], id(outer): TWINS[1], id(other): Key("D")}


def test_skipped_steps_advance_no_round_but_count_for_the_limit() -> None:
    rounds = Rounds(2, 6)
    for _ in range(2):
        rounds.step(Key("D"), BOTH, skipped=True)
        rounds.step(Key("G"), BOTH, skipped=True)
    assert (rounds.closed, rounds.stop) == (0, None)
    play(rounds, "D")
    assert rounds.waited_for(BOTH) == keys("G")
    play(rounds, "G")
    assert (rounds.closed, rounds.stop) == (1, "max-steps")


@given(st.text("GDE"), st.integers(1, 4), st.integers(1, 30))
@settings(max_examples=200, deadline=None)
def test_every_closed_round_holds_a_step_of_everybody(steps: str, limit: int, most: int) -> None:
    rounds = Rounds(limit, most)
    now: list[str] = []
    for key in steps:
        before = rounds.closed
        rounds.step(Key(key), keys("GDE"), skipped=False)
        now.append(key)
        if rounds.closed > before:
            assert set(now) == set("GDE")
            now.clear()
        if rounds.stop is not None:
            break
        assert set(now) != set("GDE")
    assert rounds.closed <= limit
    assert rounds.steps <= most


def test_a_step_without_gradient_counts_for_nothing_in_another_s_turn() -> None:
    rounds = Rounds(9, 500)
    for block in range(1, 9):  # all are stepped after each pass, G has the fourth
        rounds.step(Key("G"), BOTH, block=block, empty=block % 4 != 0)
        rounds.step(Key("D"), BOTH, block=block)
    assert rounds.closed == 2


def test_a_step_without_gradient_counts_in_its_own_turn() -> None:
    rounds = Rounds(9, 500)
    for block in range(1, 9):
        player = "DG"[block % 2]
        rounds.step(Key(player), BOTH, block=block, empty=player == "G")
    assert rounds.closed == 4


def test_a_step_before_the_first_pass_counts_for_nothing() -> None:
    rounds = Rounds(9, 500)
    for player in "DG":
        rounds.step(Key(player), BOTH, block=0, empty=True)
    assert rounds.closed == 0


def test_one_that_never_finds_gradient_is_not_awaited_for_ever() -> None:
    rounds = Rounds(9, 500)
    for block in range(1, 40):
        rounds.step(Key("D"), BOTH, block=block)
        rounds.step(Key("G"), BOTH, block=block, empty=True)
    assert rounds.closed == 9
