"""The picture shows where the gradient stops, for graphs of every size and with every name."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck_gan.finding import Finding, PassFlow, PlayerSummary, Report, Tool
from gradcheck_gan.picture import PictureError, draw, write_graph
from gradcheck_gan.picture.dot import dot_text
from gradcheck_gan.picture.drawing import Drawing, Link, Node
from gradcheck_gan.picture.fallback import svg_text
from gradcheck_gan.run import (
    Backward,
    Call,
    CutKind,
    Deposit,
    Edge,
    Location,
    Module,
    Optimizer,
    Outcome,
    Parameter,
    Run,
    Value,
)


def at(line: int, path: str = "train.py") -> Location:
    return Location(path, line)


@dataclass
class Sketch:
    """Builds a run by hand; whether a value needs gradient follows from its inputs."""

    values: dict[int, Value] = field(default_factory=dict)
    calls: dict[int, Call] = field(default_factory=dict)
    modules: dict[int, Module] = field(default_factory=dict)
    parameters: dict[int, Parameter] = field(default_factory=dict)
    events: list[Backward] = field(default_factory=list)
    clock: int = 0

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def module(self, kind: str, name: str, layers: int = 2, parent: int | None = None) -> int:
        number = self.tick()
        held = [self.tick() for _ in range(layers)]
        for one in held:
            self.parameters[one] = Parameter(one, f"{name}.{one}", number, (3, 3))
            self.values[one] = Value(one, "weight", "parameter", live=True, parameter=one)
        self.modules[number] = Module(number, name, kind, parent, frozenset(held), True, name)
        return number

    def source(self, name: str, line: int) -> int:
        number = self.tick()
        self.values[number] = Value(number, name, "source", location=at(line))
        return number

    def op(
        self,
        name: str,
        line: int,
        *inputs: int,
        cut: CutKind | None = None,
        zero: bool = False,
        call: int | None = None,
        region: int | None = None,
        path: str = "train.py",
    ) -> int:
        number = self.tick()
        edges = tuple(Edge(one, self.values[one].live) for one in inputs)
        live = any(edge.live for edge in edges) and cut is None
        inside = at(region) if region is not None else None
        self.values[number] = Value(
            number, name, "op", edges, live, cut, at(line, path), inside, call, zero=zero
        )
        return number

    def call(self, module: int, line: int, given: int, region: int | None = None) -> int:
        """One operation for every parameter of the module."""
        number, value = self.tick(), given
        for parameter in sorted(self.modules[module].parameters):
            cut: CutKind | None = "no_grad" if region is not None else None
            value = self.op("linear", line, value, parameter, cut=cut, call=number, region=region)
        self.calls[number] = Call(number, module, None, at(line), (given,), (value,))
        return value

    def backward(self, root: int, line: int, got: Iterable[int] = (), round_: int = 1) -> None:
        deposits = {
            parameter: Deposit(zero=False, finite=True, magnitude=1.0)
            for module in got
            for parameter in self.modules[module].parameters
        }
        order = self.tick()
        self.events.append(Backward(order, "backward", round_, at(line), "", (root,), deposits))

    def run(self) -> Run:
        optimizers = {
            module.id: Optimizer(module.id, f"opt{module.name}", "Adam", module.parameters, None)
            for module in self.modules.values()
            if module.parent is None
        }
        return Run(
            "train.py",
            Outcome("complete"),
            self.parameters,
            self.modules,
            optimizers,
            self.values,
            self.calls,
            tuple(self.events),
        )


def report(*findings: Finding, flow: tuple[PassFlow, ...] = ()) -> Report:
    players = (
        PlayerSummary("netG", "generator", 3, ("optnetG",)),
        PlayerSummary("netD", "discriminator", 2, ("optnetD",)),
    )
    tool = Tool("gradcheck-gan", "0", None, "3.11")
    return Report(tool, "train.py", Outcome("complete"), players, flow, findings)


def finding(code: str, line: int, player: str = "netG", path: str = "train.py") -> Finding:
    message = "0 of 3 parameters of netG got a gradient."
    return Finding(code, "a-fault", "error", message, at(line, path), "Fix it.", player=player)


def gan(cut: bool = True) -> Sketch:
    """Line 31 calls netG, 41 detaches, 42 calls netD, 43 is the loss, 44 its backward."""
    sketch = Sketch()
    generator, critic = sketch.module("Generator", "netG", 3), sketch.module("Critic", "netD")
    fake = sketch.call(generator, 31, sketch.source("randn", 30))
    shown = sketch.op("detach", 41, fake, cut="detach") if cut else fake
    score = sketch.call(critic, 42, shown)
    loss = sketch.op("binary_cross_entropy", 43, score, sketch.source("ones", 43))
    sketch.backward(loss, 44, [critic] if cut else [generator, critic])
    return sketch


def find(drawing: Drawing, word: str) -> Node:
    nodes = [node for node in drawing.nodes if any(word in line for line in node.lines)]
    assert len(nodes) == 1, f"{word}: {[node.lines for node in drawing.nodes]}"
    return nodes[0]


def solid_from_loss(drawing: Drawing) -> set[int]:
    reached = {node.id for node in drawing.nodes if node.kind == "loss"}
    while True:
        more = {link.lower for link in drawing.links if link.flow == "flows"}
        step = {
            link.lower for link in drawing.links if link.flow == "flows" and link.upper in reached
        }
        assert step <= more
        if step <= reached:
            return reached
        reached |= step


def test_the_cut_stands_at_its_line_and_no_solid_path_passes_it() -> None:
    drawing = draw(gan().run(), report(finding("GG101", 41)))
    cut, generator = find(drawing, "cut: detach"), find(drawing, "Generator netG")
    reached = solid_from_loss(drawing)
    assert cut.kind == "cut" and cut.culprit and "GG101 a-fault" in cut.lines
    assert find(drawing, "Critic netD").id in reached
    assert {cut.id, generator.id}.isdisjoint(reached)
    assert Link(cut.id, generator.id, "cut", "cut: detach, train.py:41") in drawing.links
    assert 'label="cut: detach, train.py:41"' in dot_text(drawing)


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
    assert re.search(r'style=dotted.*label="zero: round, train.py:17"', dot_text(drawing))


def test_a_no_grad_region_is_one_cut_at_the_line_where_it_was_entered() -> None:
    sketch = Sketch()
    generator, critic = sketch.module("Generator", "netG"), sketch.module("Critic", "netD")
    fake = sketch.call(generator, 22, sketch.source("randn", 20), region=21)
    sketch.backward(sketch.op("mean", 24, sketch.call(critic, 23, fake)), 25, [critic])
    drawing = draw(sketch.run(), report(finding("GG102", 21)))
    cut, lower = find(drawing, "cut: no_grad"), find(drawing, "Generator netG")
    assert cut.culprit and "train.py:21" in cut.lines
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
    assert "round 1" in drawing.title[0] and "train.py:50" in drawing.title[0]
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
    assert "train.py:54" in title[0] and "trains netG" in title[0]


def test_nothing_to_draw_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="No backward pass was recorded"):
        write_graph(Sketch().run(), report(), tmp_path / "graph.dot", None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", [300_000])
def test_a_long_chain_neither_recurses_nor_grows_the_picture(length: int) -> None:
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


HOSTILE = ["<lambda>", "C:\\new", 'say "hi"', "</script><b>", "a\\", "&lt;", "\\N \\G", "naïve\x01"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_as_they_are(name: str) -> None:
    drawing = Drawing(("title", name), (Node(0, "loss", (name, "x"), hint=name),), ())
    root = ET.fromstring(svg_text(drawing))
    shown = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert shown.count(name.replace("\x01", " ")) == 2
    text = dot_text(drawing)
    assert text.isascii()
    quotes = re.findall(r'"(?:[^"\\]|\\.)*"', text)
    assert text.count("\n") == len(text.splitlines())
    assert not re.search(r'["\\<&]', re.sub(r'"(?:[^"\\]|\\.)*"', "", text))
    assert len(quotes) > 4
