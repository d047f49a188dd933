"""A picture stays small, and is soon there, whatever the size of the graph."""

from __future__ import annotations

import time

from picture_runs import Sketch, finding, gan, report

from gradcheck_gan.picture import draw
from gradcheck_gan.picture.dot import dot_text
from gradcheck_gan.picture.shrink import LIMIT
from gradcheck_gan.run import CutKind


def test_a_long_chain_neither_recurses_nor_grows_the_picture() -> None:
    length = 300_000
    sketch = gan()
    value = next(value.id for value in sketch.values.values() if value.name == "detach")
    for _ in range(length):
        value = sketch.op("mul", 43, value)
    sketch.backward(sketch.op("add", 43, value, max(sketch.parameters)), 70)
    drawing = draw(sketch.run(), report())
    assert len(drawing.nodes) < 12
    assert f"{length} x mul" in " ".join(line for node in drawing.nodes for line in node.lines)


def test_a_graph_of_fifty_thousand_values_is_small_and_quick() -> None:
    sketch = gan()
    recent = [value.id for value in sketch.values.values() if value.live]
    cuts: list[int] = []
    for number in range(50_000):
        cut: CutKind | None = "detach" if number % 100 == 0 else None
        pair = recent[-1], recent[-1 - number * 7 % min(len(recent), 40)]
        recent.append(sketch.op(f"op{number % 13}", 100 + number, *pair, cut=cut))
        cuts += recent[-1:] if cut else []
    sketch.backward(recent[-1], 44, round_=1)
    culprit = sketch.values[cuts[-1]].location
    assert culprit is not None
    started = time.process_time()
    drawing = draw(sketch.run(), report(finding("GG101", culprit.line)))
    text = dot_text(drawing)
    assert time.process_time() - started < 4
    assert len(drawing.nodes) <= 150
    assert f"train.py:{culprit.line}" in text


def test_a_module_called_a_thousand_times_is_one_node() -> None:
    sketch = Sketch()
    cell, critic = sketch.module("Cell", "netG", 1), sketch.module("Critic", "netD")
    state = sketch.source("zeros", 1)
    for _ in range(1000):
        state = sketch.call(cell, 5, state)
    sketch.backward(sketch.call(critic, 6, state), 7, [cell, critic])
    lines = [line for node in draw(sketch.run(), report()).nodes for line in node.lines]
    assert "Cell netG, 1000 calls" in lines


def test_a_thousand_scored_patches_are_one_branch() -> None:
    sketch = Sketch()
    maker, critic = sketch.module("Maker", "netG"), sketch.module("Critic", "netD")
    image = sketch.call(maker, 5, sketch.source("randn", 4))
    scores = [sketch.call(critic, 6, sketch.op("chunk", 6, image)) for _ in range(1000)]
    sketch.backward(sketch.op("stack", 7, *scores), 8, [maker, critic])
    drawing = draw(sketch.run(), report())
    lines = [line for node in drawing.nodes for line in node.lines]
    assert "Critic netD, 1000 calls" in lines
    assert len(drawing.nodes) <= 7


def test_of_a_thousand_cuts_the_accused_one_is_kept() -> None:
    sketch = gan()
    value = next(one.id for one in sketch.values.values() if one.name == "linear" and one.live)
    weight = next(one.id for one in sketch.values.values() if one.kind == "parameter")
    for number in range(1000):
        held = sketch.op("detach", 100 + number, value, cut="detach")
        value = sketch.op("add", 100 + number, value, held, weight)
    sketch.backward(value, 9000, round_=1)
    drawing = draw(sketch.run(), report(finding("GG101", 150)))
    assert len(drawing.nodes) <= LIMIT
    accused = [node for node in drawing.nodes if node.culprit]
    assert [node.kind for node in accused] == ["cut"]
    assert "train.py:150" in accused[0].lines
