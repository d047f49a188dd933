"""The timeline tells who ran, was filled, cleared and stepped, and which step used whose pass."""

from __future__ import annotations

import pytest
from sketch_script import PLAYERS, record

from gradcheck_gan.checking import judge
from gradcheck_gan.finding import Timeline

STEPS = """
for _ in range(2):
    fake = G(z)
    {clear_d}
    (F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()).backward()
    optD.step()
    optG.zero_grad()
    F.softplus(-D({fake})).mean().backward()
    optG.step()
"""


def drawn(fake: str = "fake", clear_d: str = "optD.zero_grad()") -> Timeline:
    source = PLAYERS + STEPS.format(fake=fake, clear_d=clear_d)
    return judge(record(source).run).timeline


def told(timeline: Timeline) -> set[tuple[str, str, str, str]]:
    """Arrows as player, kind, and what stands at both ends."""
    found: set[tuple[str, str, str, str]] = set()
    for arrow in timeline.arrows:
        source, target = timeline.moments[arrow.source], timeline.moments[arrow.target]
        assert source.player == target.player
        found.add((source.player, arrow.kind, source.kind, target.kind))
    return found


def test_a_right_program_has_only_arrows_of_its_own() -> None:
    timeline = drawn()
    assert told(timeline) == {("G", "own", "backward", "step"), ("D", "own", "backward", "step")}
    first = [(m.kind, m.player) for m in timeline.moments if m.round == 1]
    assert first == [
        ("forward", "G"),
        ("forward", "D"),
        ("forward", "D"),
        ("backward", "D"),
        ("step", "D"),
        ("forward", "D"),
        ("backward", "G"),
        ("backward", "D"),
        ("step", "G"),
    ]
    cleared = [(m.player, m.round) for m in timeline.moments if m.kind == "clear"]
    assert cleared == [("D", 2), ("G", 2)]
    assert timeline.left_out == 0


def test_a_cut_off_player_has_a_missing_arrow() -> None:
    assert ("G", "missing", "backward", "step") in told(drawn(fake="fake.detach()"))


def test_gradient_of_the_adversary_is_foreign() -> None:
    arrows = told(drawn(clear_d="None"))
    assert ("D", "foreign", "backward", "step") in arrows
    assert ("D", "own", "backward", "step") in arrows
    assert not any(player == "G" and kind == "foreign" for player, kind, *_ in arrows)


@pytest.mark.parametrize("critic_steps", [2, 50])
def test_repetitions_are_counted_not_shown(critic_steps: int) -> None:
    source = PLAYERS + (
        "for _ in range(2):\n"
        f"    for _ in range({critic_steps}):\n"
        "        optD.zero_grad()\n"
        "        (D(G(z).detach()).mean() - D(real).mean()).backward()\n"
        "        optD.step()\n"
        "    optG.zero_grad()\n"
        "    (-D(G(z)).mean()).backward()\n"
        "    optG.step()\n"
    )
    timeline = judge(record(source).run).timeline
    steps = [m for m in timeline.moments if (m.kind, m.player, m.round) == ("step", "D", 1)]
    assert len(steps) == min(critic_steps, 3)
    assert (timeline.left_out > 0) == (critic_steps > 3)
