"""The page: self-contained, safe whatever it shows, and complete."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from sketch_script import PLAYERS, record
from test_report_formats import HOSTILE, finding, judged

from gradcheck_gan import report
from gradcheck_gan.checking import judge
from gradcheck_gan.finding import Report
from gradcheck_gan.run import Location

TRAINING = PLAYERS + (
    "for _ in range(2):\n"
    "    optD.zero_grad()\n"
    "    (D(G(z).detach()).mean() - D(real).mean()).backward()\n"
    "    optD.step()\n"
    "    optG.zero_grad()\n"
    "    (-D(G(z).detach()).mean()).backward()\n"
    "    optG.step()\n"
)


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
