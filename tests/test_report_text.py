"""The text report: what stands in it, where the underline falls, what a terminal can take."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradcheck_gan.finding import (
    Finding,
    PassFlow,
    PlayerSummary,
    Reach,
    Related,
    Report,
    TermFlow,
    Tool,
)
from gradcheck_gan.report.matrix import cell
from gradcheck_gan.report.text import render
from gradcheck_gan.run import Location, Outcome

SOURCE = """\
import torch

def step(netD, fake):
    output = netD(fake.detach(), scale=2)
\terrG = loss(output)
    name = f("日本", fake.detach())
    fake = netG(
        noise,
    )
"""
STOPPED = Outcome("stopped", None, None, 2, 8, "rounds")
PLAYERS = (
    PlayerSummary("netG", "generator", 12, ("optG",), "its output is read by netD"),
    PlayerSummary("netD", "discriminator", 10, (), "it also reads data"),
)
CUT = Location("train.py", 4, 19, 4, 32, "step")
CULPRIT = Finding(
    "GG101",
    "detached-player",
    "error",
    "0 of 12 parameters of netG got a gradient from errG.",
    CUT,
    "Drop .detach() in the generator's step.",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(SOURCE, encoding="utf-8")
    return tmp_path


def finding(**changed: Any) -> Finding:
    return replace(CULPRIT, **changed)


def passed(line: int, owner: str, round_: int = 1, **reach: Reach) -> PassFlow:
    return PassFlow("backward", round_, Location("train.py", line), (owner,), reach)


def report(**changed: Any) -> Report:
    flow = (passed(5, "netD", netD=Reach(flows=10)),)
    whole = Report(Tool("gradcheck-gan", "0", None, "3"), "train.py", STOPPED, PLAYERS, flow)
    return replace(whole, **changed)


def lines_after(text: str, start: str, number: int) -> list[str]:
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith(start))
    return lines[first + 1 : first + 1 + number]


def test_verdict_counts_by_severity(root: Path) -> None:
    found = (finding(), finding(severity="warning"), finding())
    text = render(report(findings=found), root=root)
    assert text.splitlines()[0] == "2 errors, 1 warning in train.py (2 rounds, 8 steps)"


def test_clean_verdict_says_what_was_watched(root: Path) -> None:
    text = render(report(), root=root)
    assert text.startswith("No fault found in train.py (2 rounds, 8 steps; watched netG and netD)")


def test_finding_shows_place_message_source_and_underline(root: Path) -> None:
    text = render(report(findings=(finding(),)), root=root)
    message, source, carets = lines_after(
        text, "train.py:4:19: GG101 error detached-player", number=3
    )
    assert message == "  0 of 12 parameters of netG got a gradient from errG."
    assert "output = netD(fake.detach(), scale=2)" in source
    assert under(source, carets) == "fake.detach()"


def test_finding_shows_numbers_related_places_fix_and_rounds(root: Path) -> None:
    made = Related(Location("train.py", 7, 12, 9, 6), "the fakes are made here")
    gone = Related(Location("lost.py", 3), "stepped here")
    numbers = {"got_gradient": 0, "parameters": 12, "share": 0.123456, "live": False}
    whole = finding(related=(made, gone), evidence=numbers, first_round=1, last_round=2, count=3)
    text = render(report(findings=(whole,)), root=root)
    in_order = [
        "train.py:7:12: the fakes are made here",
        "fake = netG(",
        "noise,",
        "lost.py:3: stepped here",
        "measured: got gradient: 0, parameters: 12, share: 0.1235, live: no",
        "fix: Drop .detach() in the generator's step.",
        "seen: in rounds 1 to 2, 3 times",
    ]
    positions = [text.index(part) for part in in_order]
    assert positions == sorted(positions)


def test_code_in_a_fix_keeps_its_lines(root: Path) -> None:
    text = render(report(findings=(finding(fix="Write\n    netD(fake)\ninstead."),)), root=root)
    assert lines_after(text, "  fix: Write", 2) == ["           netD(fake)", "       instead."]


def test_matrix_has_a_row_a_pass_and_a_column_a_player(root: Path) -> None:
    step = passed(9, "netG", netG=Reach(cut=12), netD=Reach(flows=10))
    text = render(report(flow=(passed(5, "netD", netD=Reach(flows=10)), step)), root=root)
    assert "Where the gradient of each backward pass went (round 1, lines of train.py)" in text
    head, first, second = lines_after(text, "Where the gradient", 3)
    assert head.split() == ["netG", "netD"]
    assert re.split(r"\s{2,}", first.strip()) == [
        "line 5 backward for netD",
        "-",
        "10 flow",
    ]
    assert re.split(r"\s{2,}", second.strip()) == [
        "line 9 backward for netG",
        "12 cut",
        "10 flow",
    ]
    assert head.index("netD") == first.index("10 flow") == second.index("10 flow")


def test_like_passes_of_several_rounds_share_a_row(root: Path) -> None:
    flow = [passed(5, "netD", round_, netD=Reach(flows=10)) for round_ in (1, 2, 3)]
    other = passed(5, "netD", 4, netD=Reach(zero=10))
    text = render(report(flow=(*flow, other)), root=root)
    assert text.count("line 5 backward") == 2
    assert "line 5 backward for netD (rounds 1-3)" in text


def test_terms_stand_indented_below_their_pass(root: Path) -> None:
    terms = (
        TermFlow(Location("train.py", 4), {"netG": Reach(cut=12)}),
        TermFlow(Location("train.py", 6), {"netG": Reach(flows=12)}),
    )
    whole = PassFlow(
        "backward", 1, Location("train.py", 5), ("netG",), {"netG": Reach(flows=12)}, terms
    )
    text = render(report(flow=(whole,)), root=root)
    dead, live = lines_after(text, "  line 5 backward", 2)
    assert dead.startswith("    term 4  output = netD(fake.detach(), scale=2)  ")
    assert "12 cut" in dead
    assert "12 flow" in live


def test_terms_of_one_line_are_told_apart_by_column_or_number(root: Path) -> None:
    places = [Location("train.py", 4, *columns) for columns in ((5, 4, 11), (14, 4, 18))]
    terms = tuple(TermFlow(place, {"netG": Reach(flows=1)}) for place in (*places, places[1]))
    whole = PassFlow("backward", 1, Location("train.py", 5), ("netG",), {}, terms)
    shown = lines_after(render(report(flow=(whole,)), root=root), "  line 5 backward", 3)
    assert [re.split(r"\s{2,}", line.strip())[:2] for line in shown] == [
        ["term 4:5", "output"],
        ["term 4:14", "netD"],
        ["term 4:14 #2", "netD"],
    ]


def test_rows_of_several_files_name_theirs(root: Path) -> None:
    here = passed(5, "netD", netD=Reach(flows=1))
    there = replace(here, location=Location("nets/losses.py", 7))
    text = render(report(flow=(here, there)), root=root)
    assert "  train.py:5 backward for netD " in text
    assert "  losses.py:7 backward for netD " in text


def test_four_players_stand_side_by_side(root: Path) -> None:
    names = ("netG_A", "netG_B", "netD_A", "netD_B")
    players = tuple(PlayerSummary(name, "other", 20, ()) for name in names)
    reach = {name: Reach(flows=18, cut=2) for name in names}
    terms = (TermFlow(CUT, reach), TermFlow(Location("train.py", 7, 5, 9, 6), reach))
    whole = PassFlow("backward", 1, Location("train.py", 5), names[:2], reach, terms)
    text = render(report(players=players, flow=(whole,)), root=root, width=100)
    assert lines_after(text, "Where the gradient", 1)[0].split() == list(names)
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("reach", "shown"),
    [
        (Reach(flows=12), "12 flow"),
        (Reach(cut=12), "12 cut"),
        (Reach(zero=12), "12 zero"),
        (Reach(flows=10, zero=2), "10 flow, 2 zero"),
        (Reach(none=12), "-"),
    ],
)
def test_cells(reach: Reach, shown: str) -> None:
    assert cell(reach) == shown


def test_many_players_are_shown_in_several_tables(root: Path) -> None:
    players = tuple(PlayerSummary(f"discriminator{n}", "other", 1, ()) for n in range(8))
    flow = (passed(5, "discriminator0", discriminator7=Reach(flows=1)),)
    text = render(report(players=players, flow=flow), root=root, width=70)
    assert text.count("line 5 backward") > 1
    assert max(map(len, text.splitlines())) <= 70
    assert all(len(re.findall(rf"\bdiscriminator{n}\b", text)) >= 2 for n in range(8))


def test_color_changes_no_word(root: Path) -> None:
    whole = report(findings=(finding(),), notes=("deep graph",))
    plain, colored = render(whole, root=root), render(whole, color=True, root=root)
    assert "\x1b[31m" in colored
    assert re.sub(r"\x1b\[\d*m", "", colored) == plain
    assert "\x1b" not in plain


@pytest.mark.parametrize(
    ("outcome", "parts", "said"),
    [
        (
            Outcome("crashed", "ModuleNotFoundError: No module named 'tv'", 1),
            {"players": (), "flow": ()},
            ["failed with ModuleNotFoundError: No module named 'tv'", "by itself first"],
        ),
        (
            Outcome("complete", None, 2),
            {"players": (), "flow": ()},
            ["ended with exit status 2", "by itself first"],
        ),
        (
            Outcome("nothing-to-inspect", None, 0),
            {"players": (), "flow": ()},
            ["no backward pass ran", "pass the arguments that make it train"],
        ),
        (
            Outcome("nothing-to-inspect", None, 0),
            {},
            ["1 backward pass ran", "no torch optimizer stepped", "torch.optim"],
        ),
        (
            Outcome("timeout", None, None, 0, 3, "timeout", ("optD", "optE")),
            {},
            ["before one round closed, waiting for optD and optE to step", "--timeout"],
        ),
        (
            STOPPED,
            {"players": PLAYERS[:1]},
            ["only one player was found, netG", "the script that trains both"],
        ),
        (STOPPED, {"players": ()}, ["no player was found", "the script that trains both"]),
    ],
)
def test_what_cannot_be_judged_is_said_in_one_sentence(
    outcome: Outcome, parts: dict[str, Any], said: list[str], root: Path
) -> None:
    text = render(report(outcome=outcome, **parts), root=root, width=1000)
    first = text.splitlines()[0]
    assert first.startswith("Could not be judged: ")
    assert [part for part in said if part not in first] == []


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (STOPPED, "stopped after 2 rounds, 8 steps; raise --rounds"),
        (
            Outcome("stopped", None, None, 0, 500, "max-steps", ("optD",)),
            "stopped by --max-steps after 0 rounds, 500 steps, waiting for optD to step",
        ),
        (Outcome("complete", None, 0, 1, 2), "train.py ran to its end"),
        (Outcome("interrupted", "KeyboardInterrupt", 130, 1, 2), "was interrupted after 1 round"),
        (
            Outcome("crashed", "ValueError: bad\nsecond line", 1, 1, 2),
            "train.py failed with ValueError: bad.",
        ),
        (Outcome("crashed", None, 3, 1, 2), "train.py ended with exit status 3."),
    ],
)
def test_end_says_how_the_script_ended(outcome: Outcome, said: str, root: Path) -> None:
    text = render(report(outcome=outcome, findings=(finding(),)), root=root, width=1000)
    assert said in text.splitlines()[-1]


def test_finding_does_not_hide_that_the_rest_is_unjudged(root: Path) -> None:
    ended = Outcome("crashed", "KeyError: 1", 1, 0, 1)
    text = render(report(outcome=ended, findings=(finding(severity="warning"),)), root=root)
    assert "Beyond these findings nothing could be judged" in text


def test_control_characters_cannot_reach_the_terminal(root: Path) -> None:
    (root / "evil.py").write_text("x = '\x1b[31m'; y = fake.detach()\n", encoding="utf-8")
    bad = finding(location=Location("evil.py", 1, 18, 1, 31), message="got \x1b[2J")
    text = render(report(findings=(bad,)), root=root)
    assert "\x1b" not in text
    assert under(*lines_after(text, "evil.py:1:18", 3)[1:]) == "fake.detach()"


def test_unreadable_source_leaves_the_excerpt_out(root: Path) -> None:
    text = render(report(findings=(finding(location=Location("<string>", 2)),)), root=root)
    assert "<string>:2: GG101" in text
    assert " | " not in text


def under(line: str, carets: str) -> str:
    """The characters of `line` above the carets, wide ones taking two columns."""
    columns = [c for c in line for _ in range(2 if ord(c) > 0x2E7F else 1)]
    start, end = carets.index("^"), carets.rindex("^") + 1
    assert set(carets[start:end]) == {"^"}
    return "".join(columns[start:end])
