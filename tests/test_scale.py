"""Work grows with the size of a graph and no faster, and the deepest ones are let go unharmed."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sketch import Pair

from gradcheck_gan.checking import check
from gradcheck_gan.picture import draw
from gradcheck_gan.recording.nodes import Node
from gradcheck_gan.recording.watches import DEEPEST, TOO_DEEP
from gradcheck_gan.report import render
from gradcheck_gan.run import Run

SMALL, LARGE = 700, 2800


def trained(between: Callable[[Pair, int, int], int], size: int) -> Run:
    """Two rounds of a GAN with something of that size between the players."""
    story = Pair()
    opt_g, opt_d = story.optimizer("optG", story.G), story.optimizer("optD", story.D)
    for number in (1, 2):
        story.round = number
        fake = story.call(story.G, 1, story.source("z", 1))
        middle = between(story, fake, size)
        story.clear(story.D)
        real = story.call(story.D, 4, story.source("real", 4))
        shown = story.op("detach", 5, middle, cut="detach")
        seen = story.op("add", 6, real, story.call(story.D, 5, shown))
        story.passing("loss_D", story.D, roots=[seen])
        story.step(opt_d)
        story.clear(story.G)
        # The sum lets the terms of what stands between be terms of the loss.
        loss = story.op("add", 9, middle, story.call(story.D, 8, middle))
        story.passing("loss_G", story.G, story.D, roots=[loss])
        story.step(opt_g)
    return story.run()


def chain(story: Pair, value: int, size: int) -> int:
    for _ in range(size):
        value = story.op("mul", 2, value)
    return value


def lanes(story: Pair, value: int, size: int) -> int:
    row = [story.op("unbind", 2, value) for _ in range(10)]
    for _ in range(size // 10):
        row = [story.op("add", 2, *pair) for pair in zip(row, row[1:] + row[:1], strict=True)]
    return story.op("stack", 3, *row)


def cuts(story: Pair, value: int, size: int) -> int:
    """Every step of the way also goes round by a cut of its own."""
    for _ in range(size // 2):
        value = story.op("add", 2, value, story.op("detach", 2, value, cut="detach"))
    return value


def calls(story: Pair, value: int, size: int) -> int:
    scores = [story.call(story.D, 2, value) for _ in range(size // 3)]
    return story.op("stack", 3, *scores)


def terms(story: Pair, value: int, size: int) -> int:
    """Many terms of one loss, every other one dead, on a long common way."""
    value = chain(story, value, size // 2)
    total = value
    for number in range(size // 4):
        part = story.op("detach", 2, value, cut="detach") if number % 2 else value
        total = story.op("add", 3, total, story.op("relu", 3, part))
    return total


def lines_run(work: Callable[[], object]) -> int:
    """Lines of the package executed: a count that no other work on the machine disturbs."""
    counted = 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal counted
        if "gradcheck_gan" not in frame.f_code.co_filename:
            return None
        counted += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return counted


@pytest.mark.timeout(600)  # counting lines is slow
@pytest.mark.parametrize("between", [chain, lanes, cuts, calls, terms])
def test_four_times_the_graph_is_at_most_five_times_the_work(
    between: Callable[[Pair, int, int], int],
) -> None:
    counts: list[tuple[int, int]] = []
    for size in (SMALL, LARGE):
        run = trained(between, size)
        report = check(run)
        judged = lines_run(lambda run=run: render("text", check(run), Path()))  # type: ignore[misc]
        drawn = lines_run(lambda run=run, report=report: draw(run, report))  # type: ignore[misc]
        counts.append((judged, drawn))
    (judged, drawn), (more_judged, more_drawn) = counts
    assert more_judged < 5 * judged
    assert more_drawn < 5 * drawn


def test_the_count_tells_work_that_grows_faster() -> None:
    from gradcheck_gan.analysis.flow import Flow

    def every_set(size: int) -> Callable[[], object]:
        run = trained(chain, size)
        return lambda: [Flow(run).below(root) for root in run.values]

    assert lines_run(every_set(400)) > 10 * lines_run(every_set(100))


def test_a_million_linked_records_are_dropped_without_recursion() -> None:
    node = Node(0, "leaf", "source")
    for order in range(1, 1_000_001):
        node = Node(order, "mul", "op", ((node, True),))
    assert node.depth == 1_000_001
    del node


DEEP = """
import torch
from torch import nn

torch.manual_seed(0)
netG, netD = nn.Linear(4, 4), nn.Linear(4, 1)
optG = torch.optim.SGD(netG.parameters(), lr=0.01)
optD = torch.optim.SGD(netD.parameters(), lr=0.01)
bce = nn.BCEWithLogitsLoss()
for step in range(2):
    fake = netG(torch.randn(2, 4))
    for _ in range({length}):
        fake = fake * 1.0000001
    {middle}
    optD.zero_grad()
    bce(netD(fake.detach()), torch.zeros(2, 1)).backward()
    optD.step()
    optG.zero_grad()
    loss = bce(netD(fake), torch.ones(2, 1))
    loss.backward()
    optG.step()
    {end}
"""


@pytest.mark.timeout(600)  # a busy machine takes minutes for the longest
@pytest.mark.parametrize(
    ("length", "middle", "end", "status"),
    [
        (300_000, "", "raise SystemExit(0)", 0),
        (40_000, "", "del loss, fake", 0),
        (40_000, "raise KeyboardInterrupt", "", 130),
        (40_000, "raise RuntimeError('stop')", "", 2),
    ],
    ids=["dropped at the end", "dropped first by the script", "interrupted", "crashed"],
)
def test_a_chain_that_was_recorded_ends_no_process(
    tmp_path: Path, length: int, middle: str, end: str, status: int
) -> None:
    script = tmp_path / "deep.py"
    script.write_text(textwrap.dedent(DEEP).format(length=length, middle=middle, end=end))
    command = [sys.executable, "-m", "gradcheck_gan", "inspect", "-o", "r.txt", script.name]
    done = subprocess.run(
        [*command[:-1], "--graph", "g.png", script.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(Path(__file__).parent.parent), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == status, done.stderr
    told = " ".join((tmp_path / "r.txt").read_text().split())
    assert ("note: " + TOO_DEEP in told) == (not middle)
    assert f"{DEEPEST:,}" in TOO_DEEP
    assert (tmp_path / "g.png").exists() == (not middle)
