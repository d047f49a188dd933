"""A finding about gradient left behind shows the pass that left it and the step that used it."""

from __future__ import annotations

import pytest
from sketch import Pair

from gradcheck_gan.checking import check
from gradcheck_gan.picture import draw
from gradcheck_gan.picture.dot import dot_text
from gradcheck_gan.picture.drawing import Drawing, Node
from gradcheck_gan.run import Run


def leaking(cleared: bool) -> Run:
    """The generator's pass of each round fills D, whose own step comes in the next round."""
    story = Pair()
    opt_g, opt_d = story.optimizer("optG", story.G), story.optimizer("optD", story.D)
    for number in (1, 2):
        story.round = number
        fake = story.call(story.G, 1, story.source("z", 1))
        shown = story.op("detach", 2, fake, cut="detach")
        real = story.call(story.D, 3, story.source("real", 3))
        if cleared:
            story.clear(story.D)
        seen = story.op("add", 3, real, story.call(story.D, 3, shown))
        story.passing("loss_D", story.D, roots=[seen], signals={})
        story.step(opt_d)
        story.clear(story.G)
        story.passing("loss_G", story.G, story.D, roots=[story.call(story.D, 5, fake)])
        story.step(opt_g)
    return story.run()


def steps(drawing: Drawing) -> list[Node]:
    return [node for node in drawing.nodes if node.kind == "step"]


def test_the_step_hangs_on_the_player_that_the_earlier_round_filled() -> None:
    run = leaking(cleared=False)
    report = check(run)
    assert [finding.code for finding in report.findings] == ["GG203"]
    drawing = draw(run, report)
    (step,) = steps(drawing)
    assert step.lines[0] == "GG203 generator-loss-in-discriminator"
    assert "step of optD, round 2" in step.lines
    assert step.culprit
    (link,) = [link for link in drawing.links if link.flow == "left"]
    assert link.lower == step.id
    assert "netD" in next(node for node in drawing.nodes if node.id == link.upper).lines[0]
    assert "round 1, trains" in drawing.title[0], "the pass that left it, not that of the step"
    assert "class=left" in dot_text(drawing)


def test_no_step_is_drawn_where_nothing_was_left() -> None:
    run = leaking(cleared=True)
    report = check(run)
    assert not report.findings
    assert not steps(draw(run, report))


@pytest.mark.parametrize(
    ("path", "short"),
    [
        ("train.py", "train.py"),
        ("a/folder/that/has/a/very/long/name/train.py", ".../has/a/very/long/name/train.py"),
    ],
)
def test_paths_lose_whole_folders(path: str, short: str) -> None:
    from gradcheck_gan.picture.modules import shortened

    assert shortened(path) == short
