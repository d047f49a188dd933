"""PNG files: whole, with eight bits to a band."""

from __future__ import annotations

import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MODES = {0: "L", 2: "RGB", 4: "LA", 6: "RGBA"}
_TYPES = {mode: number for number, mode in _MODES.items()}


class NotAnImageError(OSError):
    """A file that only the real Pillow could read."""


def encoded(mode: str, size: tuple[int, int], data: bytes) -> bytes:
    stride = size[0] * len(mode)
    lines = b"".join(b"\0" + data[at : at + stride] for at in range(0, len(data), stride or 1))
    head = struct.pack(">IIBBBBB", *size, 8, _TYPES[mode], 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def decoded(content: bytes, name: object) -> tuple[str, tuple[int, int], bytes]:
    """Mode, size and pixels. Raises `NotAnImageError` for what is no such file."""
    if not content.startswith(_SIGNATURE):
        raise NotAnImageError(
            f"{name} cannot be read without Pillow; install it: pip install pillow"
        )
    at, packed, head = len(_SIGNATURE), b"", b""
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        part = content[at + 8 : at + 8 + length]
        head = part if kind == b"IHDR" else head
        packed += part if kind == b"IDAT" else b""
        at += length + 12
    width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    if depth != 8 or interlaced or color not in _MODES:
        raise NotAnImageError(f"{name} is a PNG file of a kind that only Pillow reads; install it")
    mode = _MODES[color]
    return mode, (width, height), _unfiltered(zlib.decompress(packed), width * len(mode), len(mode))


def _unfiltered(data: bytes, stride: int, step: int) -> bytes:
    lines, before = [], bytes(stride)
    for at in range(0, len(data), stride + 1):
        line = data[at + 1 : at + 1 + stride]
        before = line if data[at] == 0 else _line(data[at], bytearray(line), before, step)
        lines.append(before)
    return b"".join(lines)


def _line(kind: int, line: bytearray, above: bytes, step: int) -> bytes:
    for n in range(len(line)):
        left = line[n - step] if n >= step else 0
        corner = above[n - step] if n >= step else 0
        guess = (0, left, above[n], (left + above[n]) // 2, _paeth(left, above[n], corner))[kind]
        line[n] = (line[n] + guess) & 255
    return bytes(line)


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    far = [abs(guess - one) for one in (left, above, corner)]
    return (left, above, corner)[far.index(min(far))]
