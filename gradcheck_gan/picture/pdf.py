"""A page of shapes and words as PDF, in fonts that every viewer has built in."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

from gradcheck_gan.picture.vector import Colour, Page, Point, Shape, Words

# Widths of the characters from space to tilde, in thousandths of the font's size.
_REGULAR = """
278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278
556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556 1015
667 667 722 722 667 611 778 722 278 500 667 556 833
722 778 667 778 722 667 611 722 667 944 667 667 611
278 278 278 469 556 333
556 556 500 556 556 278 556 556 222 222 500 222 833
556 556 556 556 333 500 278 556 500 722 500 500 500
334 260 334 584
"""
_BOLD = """
278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278
556 556 556 556 556 556 556 556 556 556 333 333 584 584 584 611 975
722 722 722 722 667 611 778 722 278 556 722 611 833
722 778 667 778 722 667 611 722 667 944 667 667 611
333 278 333 584 556 333
556 611 556 611 556 333 611 611 278 278 556 278 889
611 611 611 611 389 556 333 611 556 778 556 556 500
389 280 389 584
"""
_WIDTHS = {bold: tuple(map(int, text.split())) for bold, text in ((False, _REGULAR), (True, _BOLD))}
_OTHER = 556


def pdf_bytes(page: Page) -> bytes:
    """The same page gives the same bytes: no date, no random identifier."""
    content = zlib.compress("\n".join(_drawn(page)).encode("ascii"), 9)
    box = f"[0 0 {page.width:.2f} {page.height:.2f}]"
    fonts = "/Font << /F0 4 0 R /F1 5 0 R >>"
    return _file(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Resources << {fonts} >> "
            "/Contents 6 0 R >>".encode("ascii"),
            _font("Helvetica"),
            _font("Helvetica-Bold"),
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(content)
            + content
            + b"\nendstream",
            f"<< /Title {_quoted(page.title)} /Producer (gradcheck-gan) >>".encode("ascii"),
        ]
    )


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    widths = _WIDTHS[bold]
    codes = [code - 32 for code in _encoded(text)]
    return sum(widths[one] if 0 <= one < len(widths) else _OTHER for one in codes) * size / 1000


def _file(objects: Sequence[bytes]) -> bytes:
    """Catalogue first, document information last, as the trailer says."""
    parts = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"]
    places: list[int] = []
    for number, body in enumerate(objects, start=1):
        places.append(sum(map(len, parts)))
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = sum(map(len, parts))
    count = len(objects) + 1
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table))
    parts.append(b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (count, count - 1))
    return b"".join([*parts, b"startxref\n%d\n%%%%EOF\n" % start])


def _font(name: str) -> bytes:
    kind = "/Type /Font /Subtype /Type1 /Encoding /WinAnsiEncoding"
    return f"<< {kind} /BaseFont /{name} >>".encode("ascii")


def _encoded(text: str) -> bytes:
    """What the built-in fonts can show; other characters as their escapes."""
    return text.encode("cp1252", "backslashreplace")


def _quoted(text: str) -> str:
    plain = (
        f"\\{byte:03o}" if byte < 32 or byte > 126 or byte in b"()\\" else chr(byte)
        for byte in _encoded(text)
    )
    return f"({''.join(plain)})"


def _drawn(page: Page) -> Iterator[str]:
    for mark in page.marks:
        if isinstance(mark, Words):
            yield _words(mark, page.height)
        else:
            yield from _shape(mark, page.height)


def _words(words: Words, height: float) -> str:
    x, y = words.at
    if words.centred:
        x -= text_width(words.text, words.size, bold=words.bold) / 2
    at = _at((x, y), height)
    font = f"/F{int(words.bold)} {words.size:.2f} Tf"
    return f"BT {_tone(words.colour)} rg {font} {at} Td {_quoted(words.text)} Tj ET"


def _shape(shape: Shape, height: float) -> Iterator[str]:
    if shape.fill is None and shape.stroke is None:
        return
    if shape.fill is not None:
        yield f"{_tone(shape.fill)} rg"
    if shape.stroke is not None:
        dashes = " ".join(f"{one:.2f}" for one in shape.dashes)
        yield f"{_tone(shape.stroke)} RG {shape.width:.2f} w [{dashes}] 0 d"
    operators = {"M": "m", "L": "l", "C": "c", "Z": "h"}
    for name, points in shape.steps:
        yield " ".join([*(_at(point, height) for point in points), operators[name]])
    yield "B" if shape.fill and shape.stroke else "f" if shape.fill else "S"


def _at(point: Point, height: float) -> str:
    """PDF counts upwards from the foot of the page."""
    return f"{point[0]:.2f} {height - point[1]:.2f}"


def _tone(colour: Colour) -> str:
    return " ".join(f"{part:.3f}" for part in colour)
