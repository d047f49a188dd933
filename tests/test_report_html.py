"""The page: self-contained, safe whatever it shows, and complete."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from picture_runs import at, gan
from picture_runs import finding as accusation
from picture_runs import report as accused
from sketch_script import PLAYERS, record
from test_report_formats import HOSTILE, finding, judged

from gradcheck_gan import report
from gradcheck_gan.checking import judge
from gradcheck_gan.finding import Report
from gradcheck_gan.picture.several import MOST, pictures
from gradcheck_gan.run import Location, Run

TRAINING = PLAYERS + (
    "for _ in range(2):\n"
    "    optD.zero_grad()\n"
    "    (D(G(z).detach()).mean() - D(real).mean()).backward()\n"
    "    optD.step()\n"
    "    optG.zero_grad()\n"
    "    (-D(G(z).detach()).mean()).backward()\n"
    "    optG.step()\n"
)


NAMED = "</text><script>alert(3)</script><a href='javascript:x' onload=alert(4) style=x>"


class Reader(HTMLParser):
    """Tags, attributes and text as a browser would take them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def trained() -> Report:
    return judge(record(TRAINING).run)


def page(made: Report, root: Path) -> str:
    return report.render("html", made, root)


def test_page_holds_verdict_findings_matrix_and_timeline(trained: Report, tmp_path: Path) -> None:
    shown = Reader(page(trained, tmp_path))
    assert shown.text.count("GG101") == 1
    for finding_shown in trained.findings:
        assert finding_shown.name in shown.text
    assert "for G (rounds 1-2)" in shown.text
    assert {"table", "svg", "article", "details"} <= set(shown.tags)
    assert shown.tags.count("circle") == len(trained.timeline.moments)
    classes = [value or "" for name, value in shown.attributes if name == "class"]
    kinds = [value for value in classes if value.startswith("arrow")]
    assert sorted(kinds) == sorted(f"arrow {arrow.kind}" for arrow in trained.timeline.arrows)
    assert "arrow missing" in kinds


def test_page_asks_nothing_of_anybody(trained: Report, tmp_path: Path) -> None:
    text = page(trained, tmp_path)
    shown = Reader(text)
    assert not {"img", "link", "iframe", "object", "embed", "base"} & set(shown.tags)
    addresses = [value for name, value in shown.attributes if name in ("href", "src", "action")]
    assert all((address or "").startswith("#") for address in addresses)
    assert not re.search(r"url\(|@import", text)
    policy = next(v for n, v in shown.attributes if n == "content" and v and "default-src" in v)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    hostile = f"</script><script>alert(1)</script><svg onload=alert(2)>{HOSTILE}"
    made = judged(
        finding(message=hostile, fix=hostile, name=hostile, location=Location(hostile, 1)),
        notes=(hostile,),
        target=hostile,
    )
    shown = Reader(page(made, tmp_path))
    assert shown.tags.count("script") == 1
    assert "svg" not in shown.tags
    assert not [name for name, _ in shown.attributes if name.startswith("on")]
    assert "alert(2)" in shown.text


def test_no_style_attribute_since_the_policy_would_drop_it(trained: Report, tmp_path: Path) -> None:
    shown = Reader(page(trained, tmp_path))
    assert not [name for name, _ in shown.attributes if name == "style"]


def test_headings_go_down_one_step_at_a_time(trained: Report, tmp_path: Path) -> None:
    tags = Reader(page(trained, tmp_path)).tags
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def parts(made: Reader, name: str) -> list[str]:
    return [value or "" for key, value in made.attributes if key == name]


def test_finding_leads_to_its_node_in_the_graph(tmp_path: Path) -> None:
    made = accused(accusation("GG101", 41))
    shown = Reader(report.render("html", made, tmp_path, gan().run()))
    (node,) = parts(shown, "data-node")
    assert f"#{node}" in parts(shown, "href")
    assert parts(shown, "data-shown") == [node]
    labels = dict(zip(nodes_of(shown), labels_of(shown), strict=True))
    assert labels[node] == "GG101 a-fault, cut: detach, train.py:41"
    assert f"{node}-facts" in parts(shown, "id")


def nodes_of(shown: Reader) -> list[str]:
    return [one for one in parts(shown, "id") if re.fullmatch(r"g\d+(-n\d+)+", one)]


def labels_of(shown: Reader) -> list[str]:
    return [
        one for one in parts(shown, "aria-label") if ", train.py:" in one and "Graph" not in one
    ]


def test_every_update_has_a_picture_and_those_of_findings_come_first(tmp_path: Path) -> None:
    sketch = gan()
    other = sketch.op("mean", 50, sketch.call(1, 49, sketch.source("randn", 48)))
    sketch.backward(other, 51, [1])
    sketch.backward(other, 51, [1], round_=2)
    made = accused(accusation("GG101", 41))
    first, second = pictures(sketch.run(), made)
    assert first.choice.event.location == at(44)
    assert (second.choice.event.location, second.choice.event.round) == (at(51), 2)
    assert list(first.shows) == [0]
    assert not second.shows
    assert parts(Reader(report.render("html", made, tmp_path, sketch.run())), "name") == [
        "viewport",
        "graph",
        "graph",
    ]


def test_graph_that_was_kept_for_a_later_round_is_drawn() -> None:
    sketch = gan(cut=False)
    loss = sketch.events[0].roots[0]
    sketch.backward(loss, 44, round_=2)
    (kept,) = pictures(sketch.run(), accused())
    assert kept.choice.event.round == 2
    assert {"netG", "netD"} <= {
        line.split()[-1] for n in kept.drawing.nodes for line in n.lines[:1]
    }


def test_many_updates_are_not_all_drawn() -> None:
    sketch = gan()
    for line in range(100, 100 + MOST):
        sketch.backward(sketch.op("mean", line, sketch.source("randn", 99)), line)
    assert len(pictures(sketch.run(), accused())) == MOST


def test_run_without_a_backward_pass_has_no_graph(tmp_path: Path) -> None:
    run = Run("train.py", judged().outcome)
    assert 'class="graph"' not in report.render("html", judged(), tmp_path, run)


@pytest.mark.parametrize("drawn", ["by a renderer", "built in"])
def test_hostile_names_in_the_graph_stay_text(
    drawn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if drawn == "built in":
        monkeypatch.setattr("gradcheck_gan.report.html.graph.renderers", lambda _: [])
    sketch = gan()
    noise = sketch.source("randn", 48)
    cut = sketch.op(NAMED, 60, sketch.call(1, 49, noise), cut="detach", path=NAMED)
    sketch.backward(sketch.op("mean", 61, cut, sketch.call(1, 50, noise)), 62)
    text = report.render(
        "html", accused(accusation("GG101", 60, path=NAMED)), tmp_path, sketch.run()
    )
    shown = Reader(text)
    assert shown.tags.count("script") == 1
    assert not [name for name, _ in shown.attributes if name.startswith("on") or name == "style"]
    assert all(address.startswith("#") for address in parts(shown, "href"))
    assert "alert(3)" in shown.text
    assert len(set(parts(shown, "id"))) == len(parts(shown, "id"))
    assert nodes_of(shown)


def test_node_tells_shapes_and_gradient(tmp_path: Path) -> None:
    shown = Reader(report.render("html", accused(), tmp_path, gan(cut=False).run()))
    assert re.search(r"netG\.\d+ \(3 x 3\): gradient up to 1", shown.text)
