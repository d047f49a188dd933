"""Long phases of one player are passed over, and nothing is lost of what comes after them."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
from sketch_script import Recorded, record

from gradcheck_gan.checking import CheckOptions, check
from gradcheck_gan.exits import unjudged
from gradcheck_gan.finding import Report
from gradcheck_gan.progress import ProgressLine
from gradcheck_gan.recording.leadin import LONG
from gradcheck_gan.recording.rounds import PATIENCE
from gradcheck_gan.report.sentences import cannot_judge

SOURCE = """
ones = torch.ones(4, 3)
for i in range({alone}):
    optG.zero_grad()
    (G(torch.randn(4, 2)) - 1).pow(2).mean().backward()
    optG.step()
for i in range(4):
    for _ in range({critic}):
        optD.zero_grad()
        (D(G(torch.randn(4, 2)).detach()).mean() - D(ones).mean()).backward()
        optD.step()
    optG.zero_grad()
    fake = G(torch.randn(4, 2))
    (-D(fake{cut}).mean()).backward()  #: generator
    optG.step()
"""


def run(
    *, alone: int = 0, critic: int = 1, cut: str = "", start_after: int = 0, rounds: int = 2
) -> tuple[Recorded, Report]:
    source = SOURCE.format(alone=alone, critic=critic, cut=cut)
    seen = record(source, players=True, status="stopped", rounds=rounds, start_after=start_after)
    return seen, check(seen.run, CheckOptions())


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({}, 4),
        ({"alone": LONG - 1}, None),
        ({"alone": LONG}, 4),
        ({"alone": 150}, 4),
        ({"critic": 5}, 12),
        ({"critic": 60}, 122),
        ({"start_after": 1}, 4),
        ({"alone": 400}, 4),
        ({"alone": 250, "start_after": 250}, 4),
        ({"alone": 250, "start_after": 251}, 4),
        ({"alone": 250, "critic": 5, "start_after": 253}, 9),
    ],
)
@pytest.mark.parametrize("cut", ["", ".detach()"])
def test_a_fault_behind_it_is_found_and_a_right_program_is_silent(
    options: dict[str, int], steps: int | None, cut: str
) -> None:
    seen, report = run(**options, cut=cut)
    assert seen.marked(report.findings) == ([("GG101", "generator")] if cut else [])
    assert report.outcome.rounds == 2
    if steps is not None:
        assert report.outcome.steps == steps
        assert [f.severity for f in report.findings] == (["error"] if cut else [])


def test_an_optimizer_that_was_copied_steps_on() -> None:
    source = """
    import copy
    for i in range(30):
        if i == 22:
            optD = copy.copy(optD)
        optD.zero_grad()
        D(torch.ones(4, 3)).pow(2).mean().backward()
        optD.step()
    """
    seen = record(source, players=True)
    assert (seen.run.outcome.status, seen.run.outcome.steps) == ("complete", 30)
    assert not any("itself failed" in note for note in seen.run.notes)


def test_what_was_passed_over_is_told() -> None:
    seen, _ = run(alone=150)
    assert seen.run.notes == (
        "optG stepped 150 times before any other; what came before that is not judged",
    )
    seen, _ = run(alone=250, start_after=250)
    assert seen.run.notes == ("the first 250 steps were not watched (--start-after)",)
    seen, _ = run(critic=5)
    assert seen.run.notes == ()


def test_who_is_given_up_is_told() -> None:
    third = "third = torch.optim.SGD([torch.nn.Parameter(ones.clone())], 0.1)\n"
    source = SOURCE.format(alone=0, critic=1, cut="").replace("range(4)", f"range({PATIENCE})")
    source = source.replace("for i in range(0)", f"{third}for i in range(0)")
    seen = record(source, players=True, status="stopped", rounds=2)
    assert seen.run.outcome.rounds == 2
    (note,) = seen.run.notes
    assert note.startswith(f"third had not stepped after {PATIENCE} steps of others")
    assert "--start-after N" in note


def test_nobody_is_given_up_while_one_is_alone() -> None:
    source = SOURCE.format(alone=400, critic=1, cut="")
    seen = record(source, players=True, status="stopped", rounds=2, max_steps=300)
    assert seen.run.outcome.stopped_by == "max-steps"
    (note,) = seen.run.notes
    assert note.startswith(
        f"nobody else stepped within 300 steps of optG, of which the first {LONG}"
    )


NEVER = """
ones = torch.ones(4, 3)
for i in range(100):
    optD.zero_grad()
    (D(G(torch.randn(4, 2)).detach()).mean() - D(ones).mean()).backward()
    optD.step()
    optG.zero_grad()
    (-D(G(torch.randn(4, 2))).mean()).backward()
"""


def test_who_never_steps_is_told_all_the_same() -> None:
    seen = record(NEVER, players=True, status="stopped", max_steps=60)
    found = check(seen.run, CheckOptions()).findings
    assert [(each.code, each.severity) for each in found] == [("GG305", "error")]


def test_a_script_that_is_all_lead_in_is_judged_by_its_beginning() -> None:
    source = SOURCE.format(alone=100, critic=0, cut="")
    seen = record(source.partition("for i in range(4)")[0], players=True)
    assert len(seen.steps) == LONG
    assert seen.run.outcome.steps == 100
    assert [event.error for event in seen.passes] == [None] * LONG


def test_little_is_kept_of_a_lead_in() -> None:
    short, _ = run(alone=LONG)
    long, _ = run(alone=150)
    assert len(long.run.events) == len(short.run.events)
    assert len(long.run.values) == len(short.run.values)


def test_a_script_that_ends_too_early_is_said_to() -> None:
    seen, report = run(start_after=100, rounds=9)
    assert seen.run.events == ()
    reason = unjudged(report)
    assert reason is not None
    assert "within the 8 steps that --start-after skipped" in cannot_judge(report, reason)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


REACHED = SimpleNamespace(rounds=0, steps=0, skipped=0, waited_for=())


@pytest.mark.parametrize(
    ("reached", "told"),
    [
        ({}, "running, no step so far"),
        ({"steps": 37, "waited_for": ("optG",)}, "round 1 of 2, 37 steps, waiting for optG"),
        ({"steps": 9, "rounds": 1}, "round 2 of 2, 9 steps"),
        ({"steps": 9, "rounds": 2}, "round 2 of 2, 9 steps"),
    ],
)
def test_the_line_tells_the_phase(reached: dict[str, object], told: str) -> None:
    line = ProgressLine(Terminal(), 2, 0)
    assert line.told(SimpleNamespace(**{**vars(REACHED), **reached})) == told


def test_the_line_tells_of_what_is_skipped() -> None:
    line = ProgressLine(Terminal(), 2, 100)
    reached = SimpleNamespace(**{**vars(REACHED), "skipped": 7})
    assert line.told(reached) == "skipping ahead, 7 of 100 steps"


def test_the_line_is_for_terminals_and_is_taken_away() -> None:
    log, terminal = io.StringIO(), Terminal()
    for stream in (log, terminal):
        line = ProgressLine(stream, 2, 0)
        line.show(REACHED)
        line.show(REACHED)  # too soon
        line.clear()
    assert log.getvalue() == ""
    shown = terminal.getvalue()
    assert shown.count("running") == 1
    assert shown.endswith("\r\x1b[K")
