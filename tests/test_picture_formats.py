"""PNG and PDF show what the SVG shows, with words in fonts that need no font of the machine."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from picture_runs import finding, gan, report

from gradcheck_gan.picture import PictureError, check_target, draw, png, write_graph
from gradcheck_gan.picture.drawing import Drawing, Link, Node, paint
from gradcheck_gan.picture.fallback import svg_text
from gradcheck_gan.picture.pdf import pdf_bytes, text_width
from gradcheck_gan.picture.render import Renderer
from gradcheck_gan.picture.vector import Page, Shape, SvgError, Words, read_svg

BLACK = (0.0, 0.0, 0.0)
# Without the at sign, which this viewer's bold font draws wider than the standard says.
PRINTABLE = "".join(map(chr, range(32, 127))).replace("@", "")
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 80">{}</svg>'


def one(text: str) -> Shape | Words:
    (mark,) = read_svg(SVG.format(text).encode()).marks
    return mark


def pixels(data: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and rows of a PNG without filters, as ours are."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high = struct.unpack(">II", data[16:24])
    start = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[start - 4 : start])
    raw = zlib.decompress(data[start + 4 : start + 4 + length])
    size = wide * 3 + 1
    assert len(raw) == high * size
    rows = [raw[number * size : (number + 1) * size] for number in range(high)]
    assert {row[0] for row in rows} == {0}
    return wide, high, [row[1:] for row in rows]


def shown(pdf: bytes) -> list[str]:
    lines: str = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()
    return [line.strip() for line in lines.splitlines()]


def test_the_picture_is_the_same_in_every_format(tmp_path: Path) -> None:
    run, found = gan().run(), report(finding("GG101", 41))
    told = {write_graph(run, found, tmp_path / f"g.{kind}", None) for kind in ("svg", "png", "PDF")}
    assert len(told) == 1
    svg = read_svg((tmp_path / "g.svg").read_bytes())
    words = [mark.text.strip() for mark in svg.marks if isinstance(mark, Words)]
    labels = [line for node in draw(run, found).nodes for line in node.lines]
    assert set(labels) <= set(words)
    assert set(words) <= set(shown((tmp_path / "g.PDF").read_bytes()))
    wide, high, rows = pixels((tmp_path / "g.png").read_bytes())
    assert abs(wide - 2 * svg.width) < 2
    assert abs(high - 2 * svg.height) < 2
    culprit = next(node for node in draw(run, found).nodes if node.culprit)
    colour = bytes.fromhex(paint(culprit).fill[1:])
    assert any(colour * 20 in row for row in rows)


def test_every_word_leaves_its_ink_on_the_png() -> None:
    labels = ("GG101 detached-player", "train.py:41", "na\u00efve (\\)")
    nodes = (Node(0, "loss", ("loss",)), Node(1, "cut", labels, culprit=True))
    page = read_svg(svg_text(Drawing(("title",), nodes, (Link(0, 1, "cut"),))).encode())
    everything = drawn(page)
    for word in (mark for mark in page.marks if isinstance(mark, Words)):
        without = tuple(mark for mark in page.marks if mark != word)
        assert drawn(Page(page.width, page.height, page.title, without)) != everything, word.text


def drawn(page: Page) -> list[bytes]:
    return pixels(png.png_bytes(pdf_bytes(page), page.width, page.height))[2]


@pytest.mark.parametrize("bold", [False, True])
def test_words_are_as_wide_as_the_viewer_draws_them(bold: bool) -> None:
    marks = tuple(
        Words(f"{char}|", (10.0, 20.0 * row + 20), 10.0, BLACK, bold=bold)
        for row, char in enumerate(PRINTABLE)
    )
    pdf = pdf_bytes(Page(200.0, 20.0 * len(marks) + 40, "", marks))
    text: Any = pypdfium2.PdfDocument(pdf)[0].get_textpage()
    bars = {
        round(box[3] + box[1]): box[0]
        for index in range(text.count_chars())
        if text.get_text_range(index, 1) == "|" and (box := text.get_charbox(index, loose=True))
    }
    assert len(bars) == len(PRINTABLE)
    rows = sorted(bars, reverse=True)
    for char, row in zip(PRINTABLE, rows, strict=True):
        assert bars[row] - 10 == pytest.approx(text_width(char, 10.0, bold=bold), abs=0.02), char


def test_centred_words_stand_in_the_middle() -> None:
    page = Page(100.0, 50.0, "", (Words("needs no gradient", (50.0, 20.0), 9.0, BLACK, True),))
    text: Any = pypdfium2.PdfDocument(pdf_bytes(page))[0].get_textpage()
    boxes = [text.get_charbox(index, loose=True) for index in range(text.count_chars())]
    assert (boxes[0][0] + boxes[-1][2]) / 2 == pytest.approx(50.0, abs=0.1)


def test_shapes_are_read_where_they_are_drawn() -> None:
    moved = one(
        '<g transform="scale(2 2) rotate(0) translate(3 4)"><polygon fill="none" stroke="black" '
        'stroke-width="1.5" stroke-dasharray="5,2" points="0,0 10,0 10,5"/></g>'
    )
    assert moved == Shape(
        (("M", ((6.0, 8.0),)), ("L", ((26.0, 8.0),)), ("L", ((26.0, 18.0),)), ("Z", ())),
        None,
        BLACK,
        3.0,
        (10.0, 4.0),
    )
    curve = one('<path fill="transparent" stroke="#ff0000" d="M1,2C3,4 5,6 7,8 9,10 11,12 13,14"/>')
    assert isinstance(curve, Shape)
    assert [name for name, _ in curve.steps] == ["M", "C", "C"]
    assert (curve.fill, curve.stroke) == (None, (1.0, 0.0, 0.0))
    box = one('<rect x="1" y="2" width="30" height="20" rx="5" fill="#ffffff"/>')
    assert isinstance(box, Shape)
    across, down = zip(*(point for _, points in box.steps for point in points), strict=True)
    assert (min(across), max(across), min(down), max(down)) == (1.0, 31.0, 2.0, 22.0)
    assert one('<text x="1" y="2" font-size="9">a&#160;b</text>') == Words(
        "a b", (1.0, 2.0), 9.0, BLACK
    )


@pytest.mark.parametrize(
    "text",
    [
        '<image href="x"/>',
        '<path d="M0 0a1 1 0 0 1 2 2"/>',
        '<g transform="rotate(90)"><path d="M0 0"/></g>',
        '<rect fill="url(#shade)"/>',
    ],
)
def test_what_cannot_be_drawn_faithfully_is_refused(text: str) -> None:
    with pytest.raises(SvgError):
        read_svg(SVG.format(text).encode())


def test_a_picture_that_cannot_be_read_back_is_laid_out_by_ourselves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    strange = tmp_path / "dot"
    strange.write_text("#!/bin/sh\ncat > /dev/null\necho '<svg><image/></svg>'\n")
    strange.chmod(0o755)
    told = write_graph(gan().run(), report(), tmp_path / "g.pdf", str(strange))
    assert "built-in layout" in told
    assert "cut: detach" in shown((tmp_path / "g.pdf").read_bytes())


def test_a_huge_page_gives_a_picture_that_viewers_can_open() -> None:
    assert png.fitting(800, 600) == png.SCALE
    for width, height in ((50_000.0, 300.0), (20_000.0, 20_000.0), (10.0, 90_000.0)):
        scale = png.fitting(width, height)
        assert max(width, height) * scale <= png.LONGEST
        assert width * height * scale**2 <= png.LARGEST * 1.001


def test_a_png_without_its_library_is_refused_before_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("gradcheck_gan.picture.render._folder_of", lambda module: None)
    with pytest.raises(PictureError, match=r"pip install pypdfium2`, or write \.svg or \.pdf"):
        check_target(tmp_path / "g.png", None)
    check_target(tmp_path / "g.pdf", None)


def test_a_library_that_fails_is_told_and_leaves_the_old_picture(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = Renderer("pypdfium2 0", ("/nowhere/python", "-I", "-c", ""))
    monkeypatch.setattr("gradcheck_gan.picture.png.rasteriser", lambda: broken)
    (tmp_path / "g.png").write_bytes(b"old")
    with pytest.raises(PictureError, match=r"No PNG came from pypdfium2 0 .* \.svg or \.pdf"):
        write_graph(gan().run(), report(), tmp_path / "g.png", None)
    assert (tmp_path / "g.png").read_bytes() == b"old"


def test_a_pdf_is_sound_and_the_same_every_time(tmp_path: Path) -> None:
    page = read_svg(svg_text(draw(gan().run(), report())).encode())
    pdf = pdf_bytes(page)
    assert pdf == pdf_bytes(page)
    start = int(pdf.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert pdf[start:].startswith(b"xref")
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n", pdf), start=1):
        assert pdf[int(place) :].startswith(b"%d 0 obj" % number)
    assert pypdfium2.PdfDocument(pdf).get_metadata_value("Title") == page.title


def test_the_pdf_library_stays_out_of_the_process_of_the_script() -> None:
    code = "import sys, gradcheck_gan.picture; print('pypdfium2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
