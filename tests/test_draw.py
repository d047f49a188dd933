"""Pictures of live losses and of recorded runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from gradcheck_gan import GradientFlowError, assert_gradient_flow, draw, inspect_step
from gradcheck_gan.picture import PictureError
from gradcheck_gan.picture.drawing import Drawing, Node
from gradcheck_gan.recording import Recorder

Z, REAL = torch.randn(6, 4), torch.randn(6, 3)


class Nets:
    def __init__(self) -> None:
        torch.manual_seed(0)
        layers = nn.Linear(4, 8, bias=False), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)
        self.netG: Any = nn.Sequential(*layers, nn.Tanh())
        self.netD: Any = nn.Sequential(nn.Linear(3, 8, bias=False), nn.ReLU(), nn.Linear(8, 1))


@pytest.fixture
def nets() -> Nets:
    return Nets()


def boxes(drawing: Drawing, kind: str) -> list[Node]:
    return [node for node in drawing.nodes if node.kind == kind]


def named(drawing: Drawing, name: str) -> list[Node]:
    return [node for node in boxes(drawing, "module") if name in node.lines[0]]


def words(node: Node) -> str:
    return " ".join(node.lines)


def test_a_live_loss_is_drawn_by_network(nets: Nets) -> None:
    netG, netD = nets.netG, nets.netD  # noqa: N806
    drawing = draw(netD(netG(Z)).mean() + (netG(Z) - REAL).abs().mean()).drawing
    assert named(drawing, "netG")
    (judge,) = named(drawing, "netD")
    assert "3 of 3 got a gradient" in words(judge)
    assert {node.role for node in named(drawing, "netG")} == {"generator"}
    assert judge.role == "discriminator"
    assert "tanh" in " ".join(words(node) for node in boxes(drawing, "op"))


def test_it_looks_the_same_after_backward(nets: Nets) -> None:
    loss = nets.netD(nets.netG(Z)).mean()
    before = draw(loss, players=[nets.netG, nets.netD]).drawing
    loss.backward()
    after = draw(loss, players=[nets.netG, nets.netD]).drawing
    assert after.nodes[1:] == before.nodes[1:]
    assert after.links == before.links


def test_players_are_named_by_whoever_draws(nets: Nets) -> None:
    drawing = draw(nets.netD(nets.netG(Z)).mean(), players={"maker": nets.netG}).drawing
    assert named(drawing, "maker")
    assert not named(drawing, "netD")


def test_a_network_that_no_way_leads_to_stands_apart(nets: Nets) -> None:
    loss = nets.netD(nets.netG(Z).detach()).mean()
    drawing = draw(loss, players={"netG": nets.netG, "netD": nets.netD}).drawing
    (apart,) = named(drawing, "netG")
    assert "no way from this loss leads here" in words(apart)
    assert not apart.gets
    assert all(apart.id not in (link.upper, link.lower) for link in drawing.links)


def test_flat_operations_are_marked(nets: Nets) -> None:
    drawing = draw(nets.netD(nets.netG(Z).round()).mean()).drawing
    (zero,) = boxes(drawing, "zero")
    assert "zero: round" in words(zero)


def test_in_a_recording_cuts_and_lines_are_drawn(nets: Nets) -> None:
    with Recorder(of_script=False):
        loss = nets.netD(nets.netG(Z).detach()).mean()
        before = draw(loss).drawing
        loss.backward()
        after = draw(loss).drawing
    for drawing in (before, after):
        (cut,) = boxes(drawing, "cut")
        assert "cut: detach" in words(cut)
        assert "test_draw.py:" in words(cut)


def test_a_report_an_error_and_a_run_are_drawn(nets: Nets, tmp_path: Path) -> None:
    optimizer = torch.optim.SGD(nets.netG.parameters(), lr=0.1)

    def step() -> None:
        optimizer.zero_grad()
        nets.netD(nets.netG(Z).detach()).mean().backward()
        optimizer.step()

    report = inspect_step(step)
    with pytest.raises(GradientFlowError) as caught:
        assert_gradient_flow(step, nets.netG)
    assert report.run is not None
    for thing in (report, report.run, caught.value):
        culprits = [words(node) for node in draw(thing).drawing.nodes if node.culprit]
        assert any("GG101" in each for each in culprits)


def test_a_notebook_shows_it_and_a_file_holds_it(nets: Nets, tmp_path: Path) -> None:
    picture = draw(nets.netD(REAL).mean(), tmp_path / "flow.svg")
    assert "</svg>" in (tmp_path / "flow.svg").read_text("utf-8")
    assert "</svg>" in picture._repr_svg_()
    assert "nodes" in repr(picture)
    assert picture.save(tmp_path / "flow.dot") == "Written as DOT text; no renderer was needed."


def test_what_cannot_be_drawn_is_said(nets: Nets, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="no graph to draw"):
        draw(REAL)
    with pytest.raises(PictureError, match="nothing was recorded"):
        draw(GradientFlowError("told"))
    with pytest.raises(PictureError, match="one of these endings"):
        draw(nets.netD(REAL).mean(), tmp_path / "flow.gif")
    with pytest.raises(TypeError, match="int has no gradient graph"):
        draw(3)  # type: ignore[arg-type]


def test_a_deep_graph_is_drawn_without_recursion() -> None:
    weight = torch.ones(2, requires_grad=True)
    value = weight
    for _ in range(3000):
        value = value + 1
    assert draw(value.sum()).drawing.nodes
