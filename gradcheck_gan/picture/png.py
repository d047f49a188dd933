"""A PDF page as PNG, by a PDF library that brings its own fonts, in a process of its own."""

from __future__ import annotations

import math
import struct
import subprocess
import zlib

from gradcheck_gan.picture.drawing import PictureError
from gradcheck_gan.picture.render import TIMEOUT, Renderer, in_python

# Twice the resolution at which a line of text is as high on the screen as on paper.
SCALE = 2.0
LONGEST = 10_000
LARGEST = 40_000_000

_PIXELS = (
    "import sys; sys.path += sys.argv[2:]; import pypdfium2; "
    "document = pypdfium2.PdfDocument(sys.stdin.buffer.read()); "
    "bitmap = document[0].render(scale=float(sys.argv[1]), rev_byteorder=True); "
    "head = f'{bitmap.width} {bitmap.height} {bitmap.stride} {bitmap.n_channels}\\n'; "
    "sys.stdout.buffer.write(head.encode() + bytes(bitmap.buffer))"
)


def rasteriser() -> Renderer:
    """Raises PictureError where no PNG can be made."""
    for renderer in in_python("pypdfium2", ("pypdfium2", "pypdfium2_raw"), _PIXELS):
        return renderer
    raise PictureError(
        "A .png picture needs pypdfium2, which is not installed here; "
        "`pip install pypdfium2`, or write .svg or .pdf."
    )


def png_bytes(pdf: bytes, width: float, height: float) -> bytes:
    """Raises PictureError; `width` and `height` of the page are in points."""
    scale = fitting(width, height)
    renderer = rasteriser()
    code, folders = renderer.command[:4], renderer.command[4:]
    try:
        done = subprocess.run(
            (*code, f"{scale:.4f}", *folders),
            input=pdf,
            capture_output=True,
            timeout=TIMEOUT,
            check=True,
        )
        head, _, pixels = done.stdout.partition(b"\n")
        wide, high, stride, channels = map(int, head.split())
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise PictureError(
            f"No PNG came from {renderer.name} ({error.__class__.__name__}); write .svg or .pdf."
        ) from error
    return encoded(_rows(pixels, wide, high, stride, channels), wide, high, scale)


def fitting(width: float, height: float) -> float:
    """Sharp, but never more pixels than viewers and memory take."""
    longest = LONGEST / max(width, height, 1.0)
    largest = math.sqrt(LARGEST / max(width * height, 1.0))
    return min(SCALE, longest, largest)


def _rows(pixels: bytes, wide: int, high: int, stride: int, channels: int) -> list[bytes]:
    """Red, green and blue, row by row; a fourth channel is padding."""
    rows: list[bytes] = []
    for number in range(high):
        row = pixels[number * stride : number * stride + wide * channels]
        if channels == 4:
            packed = bytearray(wide * 3)
            for place in range(3):
                packed[place::3] = row[place::4]
            row = bytes(packed)
        rows.append(row)
    return rows


def encoded(rows: list[bytes], wide: int, high: int, scale: float) -> bytes:
    per_metre = round(72 * scale / 0.0254)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)),
            _chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)),
            _chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 6)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
