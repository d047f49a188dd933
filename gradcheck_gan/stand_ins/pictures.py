"""Images that nobody took: random blocks of colour, from a generator of their own."""

from __future__ import annotations

import random
import struct
import zlib
from functools import cache

WIDTH, HEIGHT = 384, 320
"""Wide enough for every crop that a script may take of a photograph."""

DIFFERENT = 16
BLOCK = 8


@cache
def picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """A PNG file. Readers look at what a file holds, not at how it is called."""
    return png(width, height, pixels(number, width, height))


def pixels(number: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """Three bytes each, from the upper left; blocks, so that they stay different when shrunk."""
    return _pixels(number % DIFFERENT, width, height)


@cache
def _pixels(number: int, width: int, height: int) -> bytes:
    drawn = random.Random(number)
    across = -(-width // BLOCK)
    rows = []
    for top in range(0, height, BLOCK):
        row = b"".join(drawn.randbytes(3) * BLOCK for _ in range(across))[: width * 3]
        rows += [row] * min(BLOCK, height - top)
    return b"".join(rows)


def png(width: int, height: int, rgb: bytes) -> bytes:
    stride = 3 * width
    lines = b"".join(b"\0" + rgb[at : at + stride] for at in range(0, len(rgb), stride))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check
