"""The picture shows which gradient flows, and where and why it stops."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_runs import Sketch, at, finding, gan, report

from gradcheck_gan.finding import PassFlow, Related
from gradcheck_gan.picture import PictureError, draw, write_graph
from gradcheck_gan.picture.dot import dot_text
from gradcheck_gan.picture.drawing import Drawing, Link, Node
from gradcheck_gan.run import Call, CutKind, Deposit


def find(drawing: Drawing, word: str) -> Node:
    nodes = [node for node in drawing.nodes if any(word in line for line in node.lines)]
    assert len(nodes) == 1, f"{word}: {[node.lines for node in drawing.nodes]}"
    return nodes[0]


def solid_from_loss(drawing: Drawing) -> set[int]:
    reached = {node.id for node in drawing.nodes if node.kind == "loss"}
    while True:
        solid = [link for link in drawing.links if link.flow == "flows"]
        more = {link.lower for link in solid if link.upper in reached}
        if more <= reached:
            return reached
        reached |= more


def test_the_cut_stands_at_its_line_and_no_solid_path_passes_it() -> None:
    drawing = draw(gan().run(), report(finding("GG101", 41)))
    cut, generator = find(drawing, "cut: detach"), find(drawing, "Generator netG")
    reached = solid_from_loss(drawing)
    assert cut.kind == "cut"
    assert cut.culprit
    assert "GG101 a-fault" in cut.lines
    assert find(drawing, "Critic netD").id in reached
    assert {cut.id, generator.id}.isdisjoint(reached)
    assert Link(cut.id, generator.id, "cut", "cut: detach, train.py:41") in drawing.links
    assert 'label=" cut: detach, train.py:41' in dot_text(drawing)


def test_without_a_cut_the_gradient_flows_to_the_generator() -> None:
    drawing = draw(gan(cut=False).run(), report())
    generator = find(drawing, "Generator netG")
    assert generator.id in solid_from_loss(drawing)
    assert "3 of 3 got a gradient" in generator.lines
    assert "cut" not in {link.flow for link in drawing.links}
    assert "No finding" in " ".join(drawing.title)


def test_modules_are_one_node_each_and_parameters_none() -> None:
    drawing = draw(gan().run(), report(finding("GG101", 41)))
    assert "generator, 3 parameters" in find(drawing, "Generator netG").lines
    assert "0 of 3 got a gradient" in find(drawing, "Generator netG").lines
    assert sum(node.kind == "module" for node in drawing.nodes) == 2
    assert "linear" not in dot_text(drawing)
    assert {link.flow for link in drawing.links if link.lower == find(drawing, "randn").id} == {
        "data"
    }


def test_a_zero_derivative_is_a_dotted_link() -> None:
    sketch = Sketch()
    generator, critic = sketch.module("Generator", "netG"), sketch.module("Critic", "netD")
    fake = sketch.call(generator, 16, sketch.source("randn", 15))
    score = sketch.call(critic, 18, sketch.op("round", 17, fake, zero=True))
    sketch.backward(sketch.op("mean", 19, score), 20, [critic])
    drawing = draw(sketch.run(), report(finding("GG104", 17)))
    zero, lower = find(drawing, "zero: round"), find(drawing, "Generator netG")
    assert Link(zero.id, lower.id, "zero", "zero: round, train.py:17") in drawing.links
    assert lower.id not in solid_from_loss(drawing)
    assert re.search(r'style=dotted.*label=" zero: round, train.py:17', dot_text(drawing))


def test_a_no_grad_region_is_one_cut_at_the_line_where_it_was_entered() -> None:
    sketch = Sketch()
    generator, critic = sketch.module("Generator", "netG"), sketch.module("Critic", "netD")
    fake = sketch.call(generator, 22, sketch.source("randn", 20), region=21)
    sketch.backward(sketch.op("mean", 24, sketch.call(critic, 23, fake)), 25, [critic])
    drawing = draw(sketch.run(), report(finding("GG102", 21)))
    cut, lower = find(drawing, "cut: no_grad"), find(drawing, "Generator netG")
    assert cut.culprit
    assert "train.py:21" in cut.lines
    assert Link(cut.id, lower.id, "cut", "cut: no_grad, train.py:21") in drawing.links
    assert sum(node.kind == "cut" for node in drawing.nodes) == 1


def test_a_module_is_opened_only_where_the_cut_lies_inside() -> None:
    sketch = Sketch()
    generator, critic = sketch.module("Generator", "netG"), sketch.module("Critic", "netD")
    inner = [sketch.module("Block", f"netG.{n}", 1, parent=generator) for n in range(2)]
    noise = sketch.source("randn", 30)
    outer, first, second = sketch.tick(), sketch.tick(), sketch.tick()
    hidden = sketch.op("linear", 5, noise, *sketch.modules[inner[0]].parameters, call=first)
    hidden = sketch.op("detach", 6, hidden, cut="detach", call=outer, path="net.py")
    fake = sketch.op("linear", 7, hidden, *sketch.modules[inner[1]].parameters, call=second)
    sketch.calls[outer] = Call(outer, generator, None, at(31), (noise,), (fake,))
    sketch.calls[first] = Call(first, inner[0], outer, at(5), (noise,), (hidden,))
    sketch.calls[second] = Call(second, inner[1], outer, at(7), (hidden,), (fake,))
    sketch.backward(sketch.call(critic, 42, fake), 44, [critic])
    drawing = draw(sketch.run(), report(finding("GG111", 6, path="net.py")))
    cut = find(drawing, "cut: detach")
    assert [group.label for group in drawing.groups.values()] == ["Generator netG, train.py:31"]
    assert cut.group == find(drawing, "Block netG.0").group == outer
    assert find(drawing, "Block netG.1").id in solid_from_loss(drawing)
    assert find(drawing, "Block netG.0").id not in solid_from_loss(drawing)
    assert find(drawing, "Critic netD").group is None


def test_weights_that_a_layer_reads_without_gradient_are_no_cut() -> None:
    sketch = gan(cut=False)
    critic = max(sketch.calls)
    weight = next(iter(sketch.modules[sketch.calls[critic].module].parameters))
    vector = sketch.op("mv", 42, weight, cut="no_grad", call=critic, region=42)
    score = sketch.calls[critic].outputs[0]
    scaled = sketch.op("div", 42, score, vector, call=critic)
    sketch.calls[critic] = Call(critic, sketch.calls[critic].module, None, at(42), (), (scaled,))
    sketch.backward(scaled, 50)
    drawing = draw(sketch.run(), report())
    assert "round 1" in drawing.title[0]
    assert "train.py:50" in drawing.title[0]
    assert {node.kind for node in drawing.nodes} == {"loss", "module", "data"}


def test_a_player_that_the_loss_does_not_depend_on_is_shown_apart() -> None:
    sketch = Sketch()
    sketch.module("Generator", "netG", 3)
    critic = sketch.module("Critic", "netD")
    sketch.backward(sketch.call(critic, 42, sketch.source("real", 40)), 44, [critic])
    flow = (PassFlow("backward", 1, at(44), ("netG",), {}),)
    drawing = draw(sketch.run(), report(finding("GG109", 42), flow=flow))
    generator = find(drawing, "Generator netG")
    assert generator.id not in solid_from_loss(drawing)
    labels = [link.label for link in drawing.links if link.lower == generator.id]
    assert labels == ["this loss does not depend on it"]
    assert find(drawing, "Critic netD").culprit


def test_the_pass_that_the_finding_speaks_of_is_drawn() -> None:
    sketch = gan()
    sketch.backward(sketch.op("other", 60, 2), 61, round_=1)
    sketch.backward(max(sketch.values), 62, round_=2)
    assert "train.py:44, round 1" in draw(sketch.run(), report(finding("GG101", 41))).title[0]


def test_a_shared_detach_is_drawn_in_the_pass_of_the_player_that_lost_it() -> None:
    sketch = gan()
    cut = next(value.id for value in sketch.values.values() if value.name == "detach")
    critic = next(one.id for one in sketch.modules.values() if one.name == "netD")
    sketch.backward(sketch.call(critic, 52, cut), 54)
    flow = (
        PassFlow("backward", 1, at(44), ("netD",), {}),
        PassFlow("backward", 1, at(54), ("netG",), {}),
    )
    title = draw(sketch.run(), report(finding("GG101", 41), flow=flow)).title
    assert "train.py:54" in title[0]
    assert "trains netG" in title[0]


def test_of_a_leak_the_pass_that_left_the_gradient_is_drawn() -> None:
    sketch = gan(cut=False)
    sketch.backward(max(sketch.values), 61)
    places = (Related(at(44), "left gradient"), Related(at(61), "the pass of netD itself"))
    flow = (PassFlow("backward", 1, at(61), ("netD",), {}),)
    leak = replace(finding("GG203", 62, player="netD"), related=places)
    assert "train.py:44" in draw(sketch.run(), report(leak, flow=flow)).title[0]


def test_a_zero_that_was_only_measured_is_drawn_as_one() -> None:
    sketch = gan(cut=False)
    loss = next(value.id for value in sketch.values.values() if value.name.startswith("binary"))
    sketch.events[0] = replace(sketch.events[0], zeroed=frozenset({loss}))
    drawing = draw(sketch.run(), report(finding("GG107", 43)))
    assert find(drawing, "zero: binary_cross_entropy").culprit
    assert find(drawing, "Critic netD").id not in solid_from_loss(drawing)


@pytest.mark.parametrize("partly", [False, True])
def test_a_function_that_returns_none_is_a_cut_for_what_lies_behind_it(partly: bool) -> None:
    sketch = Sketch()
    generator, style = sketch.module("Generator", "netG"), sketch.module("Style", "mapping")
    first = sketch.call(generator, 31, sketch.source("randn", 30))
    second = sketch.call(style, 32, sketch.source("randn", 30))
    joined = sketch.op("Blend", 33, first, *([second] if partly else []))
    sketch.backward(sketch.op("mean", 34, joined), 44, [style] if partly else [])
    sketch.events[0] = replace(sketch.events[0], refused=frozenset({joined}))
    drawing = draw(sketch.run(), report(finding("GG108", 33)))
    reached = solid_from_loss(drawing)
    assert find(drawing, "Generator netG").id not in reached
    assert "cut: Blend returned None, train.py:33" in {link.label for link in drawing.links}
    assert ("cut" in {node.kind for node in drawing.nodes}) is not partly
    if partly:
        assert find(drawing, "Style mapping").id in reached


def test_a_player_inside_a_wrapper_is_missed_as_well() -> None:
    sketch = Sketch()
    generator, critic = sketch.module("Generator", "netG", 3), sketch.module("Critic", "netD")
    whole = sketch.module("Gan", "gan", 0)
    held = sketch.modules[generator].parameters | sketch.modules[critic].parameters
    sketch.modules[whole] = replace(sketch.modules[whole], parameters=held)
    for one in (generator, critic):
        sketch.modules[one] = replace(sketch.modules[one], parent=whole)
    sketch.backward(sketch.call(critic, 42, sketch.source("real", 40)), 44, [critic])
    flow = (PassFlow("backward", 1, at(44), ("netG",), {}),)
    drawing = draw(sketch.run(), report(finding("GG109", 42), flow=flow))
    assert find(drawing, "Generator netG").kind == "module"


def test_players_of_one_class_in_a_row_stay_apart() -> None:
    sketch = Sketch()
    generator, critic = sketch.module("Sequential", "netG"), sketch.module("Sequential", "netD")
    score = sketch.call(critic, 2, sketch.call(generator, 2, sketch.source("randn", 1)))
    sketch.backward(sketch.op("mean", 3, score), 4, [generator, critic])
    drawing = draw(sketch.run(), report())
    assert find(drawing, "Sequential netG").role == "generator"
    assert find(drawing, "Sequential netD").role == "discriminator"


def test_zeros_behind_the_accused_line_are_no_gradient() -> None:
    sketch = gan(cut=False)
    zero = Deposit(zero=True, finite=True, magnitude=0.0)
    sketch.events[0] = replace(sketch.events[0], deposits=dict.fromkeys(sketch.parameters, zero))
    drawing = draw(sketch.run(), report(finding("GG107", 43)))
    assert find(drawing, "zero: binary_cross_entropy").culprit
    assert "0 of 3 got a gradient, 3 only zeros" in find(drawing, "Generator netG").lines
    assert not find(drawing, "Generator netG").gets


def test_a_player_that_backward_left_out_is_not_said_to_get_none() -> None:
    sketch = gan(cut=False)
    generator = next(one for one in sketch.modules.values() if one.name == "netG")
    sketch.events[0] = replace(sketch.events[0], inputs=tuple(generator.parameters), deposits={})
    critic = find(draw(sketch.run(), report()), "Critic netD")
    assert "left out by backward(inputs=...)" in critic.lines


def test_nothing_to_draw_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="No backward pass was recorded"):
        write_graph(Sketch().run(), report(), tmp_path / "graph.dot", None)
    assert list(tmp_path.iterdir()) == []


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_drawn_as_reached_is_what_a_walk_over_live_values_reaches(
    data: st.DataObject,
) -> None:
    sketch = Sketch()
    names = [sketch.module("Net", f"net{letter}", 1) for letter in "ABC"]
    made = [sketch.source("randn", 1)]
    for number in range(data.draw(st.integers(2, 25))):
        given_ = data.draw(st.lists(st.sampled_from(made), min_size=1, max_size=2))
        live = any(sketch.values[one].live for one in given_)
        kind = data.draw(st.sampled_from(["call", "op", "cut", "zero"]))
        if kind == "call":
            made.append(sketch.call(data.draw(st.sampled_from(names)), 10 + number, given_[0]))
        else:
            cut: CutKind | None = "detach" if kind == "cut" and live else None
            zero = kind == "zero" and live
            made.append(sketch.op(kind, 10 + number, *given_, cut=cut, zero=zero))
    sketch.backward(made[-1], 99)
    run = sketch.run()
    drawing = draw(run, report())
    truth: set[int] = set()
    pending = [made[-1]]
    while pending:
        value = run.values[pending.pop()]
        if value.live and value.id not in truth:
            truth.add(value.id)
            pending += [edge.source for edge in value.inputs if edge.live and not value.zero]
    drawn = {
        line.split(":")[1].split("-")[0]
        for node in drawing.nodes
        if node.id in solid_from_loss(drawing) and node.kind == "module" and node.gets
        for line in node.lines
        if line.startswith("train.py:")
    }
    lines = {
        str(place.line)
        for one in truth
        if run.values[one].call is not None and (place := run.values[one].location)
    }
    assert drawn <= lines
    assert bool(drawn) == bool(lines)
    dead = {node.id for node in drawing.nodes if not node.gets}
    assert dead.isdisjoint(solid_from_loss(drawing))
