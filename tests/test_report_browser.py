"""The page in a real browser: its script runs under its own policy and does what it promises."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from picture_runs import Sketch, at, finding, gan, tower
from picture_runs import report as accused

from gradcheck_gan import report
from gradcheck_gan.finding import Moment, Timeline
from gradcheck_gan.results import Report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTHS = [1280, 400]
CULPRIT = "#g1-level .node.culprit"


def program() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def missing() -> str:
    if find_spec("playwright") is None:
        return "playwright is not installed: pip install '.[browser]'"
    return "" if program() else "no chromium on PATH: install it from the system's packages"


def test_browser_is_there_where_it_must_be() -> None:
    if os.environ.get("CI"):
        assert not missing()
    elif missing():
        pytest.skip(missing())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if missing():
        pytest.skip(missing())
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        # As root, as in most containers, chromium starts only without its sandbox.
        started = driver.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        yield started
        started.close()


def branches() -> Sketch:
    """Wider and higher than any window: twelve branches, joined one after the other."""
    sketch = gan()
    noise = sketch.source("randn", 99)
    ends = [sketch.op(f"branch{n}", 100 + n, sketch.call(1, 60 + n, noise)) for n in range(12)]
    total = ends[0]
    for line, end in enumerate(ends[1:], 150):
        total = sketch.op("detach" if line == 160 else "add", line, total, end)
    sketch.backward(total, 200, [1])
    return sketch


def written(folder: Path, *lines: int) -> Path:
    """A page with a finding at each of these lines, the first one's graph open."""
    made = accused(*(finding(f"GG10{n}", line) for n, line in enumerate(lines, 1)))
    path = folder / f"{lines[0]}.html"
    path.write_text(report.render("html", made, folder, branches().run()), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("page"), 41, 105)


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, browser: Browser, file: Path) -> Iterator[Page]:
    """Fails for whatever the browser complains about, the policy included."""
    opened = browser.new_page(viewport={"width": request.param, "height": 900})
    told: list[str] = []
    opened.on("console", lambda message: told.append(message.text))
    opened.on("pageerror", lambda error: told.append(str(error)))
    opened.goto(file.as_uri())
    yield opened
    opened.close()
    assert not told


def in_view(page: Page, selector: str) -> bool:
    """Whether a node lies wholly in the part of the graph's box that is shown."""
    seen: bool = page.evaluate(
        """selector => {
            const node = document.querySelector(selector), box = node.closest(".box");
            const a = node.getBoundingClientRect(), b = box.getBoundingClientRect();
            return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
        }""",
        selector,
    )
    return seen


def value(page: Page, code: str) -> Any:
    return page.evaluate(code)


def width_of(page: Page) -> float:
    return float(
        value(page, "document.querySelector('#g1 .box svg').getBoundingClientRect().width")
    )


def test_body_never_scrolls_sideways(page: Page) -> None:
    assert value(page, "document.documentElement.scrollWidth <= innerWidth")
    assert value(page, "[...document.querySelectorAll('.box')].some(b => b.scrollWidth > 0)")


def test_culprit_is_in_view_when_the_page_opens(page: Page, tmp_path: Path) -> None:
    assert in_view(page, CULPRIT)
    page.goto(written(tmp_path, 111, 41).as_uri())
    assert not in_view(page, "#g1-n0")
    assert in_view(page, CULPRIT)


def test_click_on_a_finding_brings_its_node_into_view(page: Page) -> None:
    wanted = page.locator("#finding-2").get_attribute("data-node")
    assert wanted
    page.locator("#finding-2 .to-node").click()
    assert in_view(page, f"#{wanted}")
    assert page.locator(f"#{wanted}.selected").count() == 1
    assert value(page, "document.activeElement.id") == wanted
    box = page.locator(f"#{wanted}").bounding_box()
    assert box
    assert 0 <= box["y"] <= 900


def test_buttons_and_keys_zoom(page: Page) -> None:
    before = width_of(page)
    page.locator("#g1 [data-zoom=in]").click()
    assert width_of(page) == pytest.approx(before * 1.25, rel=0.01)
    page.locator("#g1 .box").press("-")
    page.locator("#g1 .box").press("-")
    assert width_of(page) == pytest.approx(before / 1.25, rel=0.01)
    page.locator("#g1 [data-zoom=reset]").click()
    assert width_of(page) == pytest.approx(before, rel=0.01)


def test_ctrl_and_the_wheel_zoom_and_the_wheel_alone_does_not(page: Page) -> None:
    before = width_of(page)
    page.locator("#g1 .box").hover()
    page.mouse.wheel(0, -100)
    assert width_of(page) == before
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.wait_for_function(f"document.querySelector('#g1 .box svg').clientWidth > {before + 1}")


def test_dragging_moves_the_graph_and_selects_nothing(page: Page) -> None:
    for _ in range(4):
        page.locator("#g1 [data-zoom=in]").click()
    place = "(b => [b.scrollLeft, b.scrollTop])(document.querySelector('#g1 .box'))"
    left, top = value(page, place)
    box = page.locator("#g1 .box").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + 100
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 40, y - 30, steps=3)
    page.mouse.up()
    assert value(page, place) == [pytest.approx(left + 40, abs=2), pytest.approx(top + 30, abs=2)]
    assert not page.locator("#g1 .panel").is_visible()


def test_search_finds_nodes_by_name_and_by_place(page: Page) -> None:
    search = page.locator("#g1 input[type=search]")
    for text, found in (("critic", 1), ("train.py:42", 3)):  # two of them inside the critic
        search.fill(text)
        assert page.locator("#g1 output").inner_text() == f"{found} found"
        first = page.locator("#g1 .node.hit").first
        assert "Critic" in (first.get_attribute("aria-label") or "")
        assert in_view(page, "#g1 .node.hit")
    search.fill("nothing like this")
    assert page.locator("#g1 output").inner_text() == "0 found"
    search.fill("")
    assert page.locator("#g1 .dim").count() == 0


def test_node_tells_its_facts_by_mouse_and_by_key(page: Page) -> None:
    panel = page.locator("#g1 .panel")
    page.locator(CULPRIT).click()
    assert "train.py:41" in panel.inner_text()
    page.keyboard.press("Escape")
    critic = page.locator("#g1 .level:not([hidden]) .node", has_text="Critic")
    critic.focus()
    page.keyboard.press("Enter")
    assert "(3 x 3): gradient up to 1" in panel.inner_text()
    assert in_view(page, "#g1 .node.selected")
    panel.get_by_role("button", name="close").click()
    assert not panel.is_visible()


def opened(page: Page, name: str) -> None:
    page.locator("#g1 .level:not([hidden]) .node", has_text=name).click()
    page.locator("#g1 .panel").get_by_role("button", name="open this node").click()


def shown(page: Page) -> list[str]:
    return page.locator("#g1 .level:not([hidden]) .node text:first-of-type").all_text_contents()


@pytest.fixture(scope="module")
def file_of_tower(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tower")
    path = folder / "tower.html"
    path.write_text(report.render("html", accused(), folder, tower().run()), encoding="utf-8")
    return path


def test_nodes_are_opened_and_the_trail_leads_back(page: Page, file_of_tower: Path) -> None:
    page.goto(file_of_tower.as_uri())
    assert shown(page) == ["loss, backward", "mean", "Generator netG", "randn"]
    opened(page, "netG")
    opened(page, "Floor netG.1")
    rooms = ["Room netG.1.1", "Room netG.1.0"]
    assert sorted(shown(page)) == ["Floor netG.0", "Floor netG.2", *rooms[::-1]]
    trail = page.locator("#g1 .trail button").all_inner_texts()
    assert [one.lstrip("\u203a ") for one in trail] == [
        "the whole graph",
        "Generator netG",
        "Floor netG.1",
    ]
    page.keyboard.press("Escape")
    assert {"Floor netG.2", "Floor netG.1", "Floor netG.0", "mean"} <= set(shown(page))
    assert "Floor netG.1" in str(value(page, "document.activeElement.getAttribute('aria-label')"))
    page.keyboard.press("o")
    assert set(rooms) <= set(shown(page))
    page.locator("#g1 .trail button").first.click()
    assert "loss, backward" in shown(page)
    assert not page.locator("#g1 .trail").is_visible()


def test_search_reaches_into_what_is_folded(page: Page, file_of_tower: Path) -> None:
    page.goto(file_of_tower.as_uri())
    page.locator("#g1 input[type=search]").fill("Room netG.2.1")
    assert "Room netG.2.1" in shown(page)
    assert in_view(page, "#g1 .level:not([hidden]) .node.hit")


def test_page_works_in_the_frame_of_a_notebook(page: Page, tmp_path: Path) -> None:
    made = accused(finding("GG101", 41), finding("GG102", 105))
    held = {each.name: getattr(made, each.name) for each in fields(made)}
    notebook = tmp_path / "notebook.html"
    shown = Report(**held, run=branches().run())._repr_html_()
    notebook.write_text(f"<!doctype html><title>notebook</title>{shown}", encoding="utf-8")
    page.goto(notebook.as_uri())
    frame = page.frame_locator("iframe")
    frame.get_by_role("link", name="Players").click()
    assert frame.locator("#players").is_visible()
    frame.locator("#finding-2 .to-node").click()
    assert frame.locator(".node.selected").count() == 1
    assert page.title() == "notebook"


def timeline_page(folder: Path) -> Path:
    """Wider than any window."""
    moments = tuple(
        Moment("step", number, 1, ("netG", "netD")[number % 2], at(number + 1), "a step")
        for number in range(60)
    )
    made = replace(accused(), timeline=Timeline(moments))
    path = folder / "timeline.html"
    path.write_text(report.render("html", made, folder), encoding="utf-8")
    return path


def test_names_of_lanes_stay_in_view(page: Page, tmp_path: Path) -> None:
    page.goto(timeline_page(tmp_path).as_uri())
    lanes = page.locator(".timeline")
    lanes.evaluate("box => { box.scrollLeft = 200; }")
    for number in range(2):
        name = lanes.locator(".names .player").nth(number).bounding_box()
        box = lanes.bounding_box()
        assert name
        assert box
        assert box["x"] <= name["x"] <= box["x"] + 60
