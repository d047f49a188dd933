"""Images held as bytes: what data loaders and transforms do with them."""

from __future__ import annotations

import builtins
import io
import os
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from . import _pixels as pixels
from ._png import NotAnImageError, decoded, encoded


class Resampling(IntEnum):
    NEAREST = 0
    LANCZOS = 1
    BILINEAR = 2
    BICUBIC = 3
    BOX = 4
    HAMMING = 5


class Transpose(IntEnum):
    FLIP_LEFT_RIGHT = 0
    FLIP_TOP_BOTTOM = 1
    ROTATE_90 = 2
    ROTATE_180 = 3
    ROTATE_270 = 4
    TRANSPOSE = 5
    TRANSVERSE = 6


NEAREST, LANCZOS, BILINEAR, BICUBIC, BOX, HAMMING = Resampling
FLIP_LEFT_RIGHT, FLIP_TOP_BOTTOM, ROTATE_90, ROTATE_180, ROTATE_270 = list(Transpose)[:5]
ANTIALIAS = LANCZOS
MAX_IMAGE_PIXELS: int | None = None

UnidentifiedImageError = NotAnImageError
DecompressionBombError = type("DecompressionBombError", (Exception,), {})


class Image:
    """Rows of pixels from the upper left, each with a byte, or four, for every band."""

    format: str | None = None

    def __init__(
        self, mode: str = "RGB", size: tuple[int, int] = (0, 0), data: bytes = b""
    ) -> None:
        self.mode, self.size, self._data = mode, (int(size[0]), int(size[1])), data
        self.info: dict[str, Any] = {}
        self.filename = ""

    @property
    def width(self) -> int:
        return self.size[0]

    @property
    def height(self) -> int:
        return self.size[1]

    @property
    def __array_interface__(self) -> dict[str, Any]:
        kind, depth = pixels.KINDS[self.mode]
        shape = (self.height, self.width) if depth == 1 else (self.height, self.width, depth)
        return {"shape": shape, "typestr": kind, "data": self._data, "version": 3}

    def __eq__(self, other: object) -> bool:
        held = (self.mode, self.size, self._data)
        return isinstance(other, Image) and held == (other.mode, other.size, other._data)

    __hash__ = None  # type: ignore[assignment]

    def __enter__(self) -> Image:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def __repr__(self) -> str:
        return f"<PIL.Image.Image image mode={self.mode} size={self.width}x{self.height}>"

    def tobytes(self, *_: Any) -> bytes:
        return self._data

    def getbands(self) -> tuple[str, ...]:
        depth = pixels.KINDS[self.mode][1]
        return (self.mode,) if depth == 1 else tuple(self.mode[:depth])

    def getdata(self, band: int | None = None) -> list[Any]:
        return pixels.listed(self._data, len(self.getbands()), band)

    def getpixel(self, at: tuple[int, int]) -> Any:
        return self.getdata()[at[1] * self.width + at[0]]

    def getextrema(self) -> Any:
        found = [(min(one), max(one)) for one in map(self.getdata, range(len(self.getbands())))]
        return found[0] if len(found) == 1 else tuple(found)

    def load(self) -> None:
        return None

    close = verify = load

    def copy(self) -> Image:
        return Image(self.mode, self.size, self._data)

    def convert(self, mode: str | None = None, *_: Any, **__: Any) -> Image:
        if mode in (None, self.mode):
            return self.copy()
        return Image(
            mode or "RGB", self.size, pixels.converted(self._data, self.mode, mode or "RGB")
        )

    def crop(self, box: Any = None) -> Image:
        """What lies outside is black."""
        left, top, right, bottom = (round(one) for one in box or (0, 0, *self.size))
        given = ((left, top, right, bottom),)
        return self._made(pixels.cropped, given, (right - left, bottom - top))

    def resize(self, size: Any, resample: Any = None, box: Any = None, *_: Any, **__: Any) -> Image:
        source = self if box is None else self.crop(box)
        wanted = (int(size[0]), int(size[1]))
        return source._made(pixels.resized, (wanted, resample == NEAREST), wanted)

    def thumbnail(self, size: Any, *_: Any, **__: Any) -> None:
        part = min(1.0, size[0] / self.width, size[1] / self.height)
        small = self.resize((max(1, round(self.width * part)), max(1, round(self.height * part))))
        self.size, self._data = small.size, small._data

    def transpose(self, method: Any) -> Image:
        turned = method in (ROTATE_90, ROTATE_270, Transpose.TRANSPOSE, Transpose.TRANSVERSE)
        size = self.size[::-1] if turned else self.size
        return self._made(pixels.transposed, (Transpose(method).name,), size)

    def rotate(self, angle: float, *_: Any, **__: Any) -> Image:
        """By the nearest quarter of a turn."""
        quarter = round(angle / 90) % 4
        if quarter == 0:
            return self.copy()
        turned = self.transpose((ROTATE_90, ROTATE_180, ROTATE_270)[quarter - 1])
        return turned if turned.size == self.size else turned.resize(self.size)

    def filter(self, *_: Any) -> Image:
        return self.copy()

    def point(self, change: Callable[[Any], Any] | list[int], mode: str | None = None) -> Image:
        table = [int(change(n)) for n in range(256)] if callable(change) else list(change)
        data = self._data.translate(bytes(min(max(n, 0), 255) for n in table[:256]))
        return Image(self.mode, self.size, data)

    def split(self) -> tuple[Image, ...]:
        depth = len(self.getbands())
        return tuple(Image("L", self.size, self._data[n::depth]) for n in range(depth))

    def paste(self, im: Any, box: Any = None, mask: Any = None) -> None:
        if isinstance(im, Image):
            left, top = (0, 0) if box is None else (box[0], box[1])
            self._data = pixels.pasted(self, im.convert(self.mode), left, top)

    def putpixel(self, at: tuple[int, int], value: Any) -> None:
        depth = len(self.getbands())
        start = (at[1] * self.width + at[0]) * depth
        held = bytearray(self._data)
        held[start : start + depth] = bytes(value if isinstance(value, (tuple, list)) else [value])
        self._data = bytes(held)

    def save(self, fp: Any, format: str | None = None, **_: Any) -> None:  # noqa: A002
        """As a PNG file, whatever the ending."""
        shown = self if self.mode in ("L", "RGB", "RGBA", "LA") else self.convert("RGB")
        content = encoded(shown.mode, shown.size, shown.tobytes())
        if hasattr(fp, "write"):
            fp.write(content)
            return
        with builtins.open(os.fspath(fp), "wb") as file:
            file.write(content)

    def show(self, *_: Any, **__: Any) -> None:
        return None

    def _made(
        self, change: Callable[..., bytes], given: tuple[Any, ...], size: tuple[int, int]
    ) -> Image:
        return Image(self.mode, size, change(self, *given))


def open(fp: Any, mode: str = "r", formats: Any = None) -> Image:  # noqa: A001  # Pillow's name
    """Reads PNG files alone; those that --fake-data makes are, whatever they are called."""
    if hasattr(fp, "read"):
        content = fp.read()
    else:
        with builtins.open(os.fspath(fp), "rb") as file:
            content = file.read()
    image = Image(*decoded(content, fp))
    image.format = "PNG"
    return image


def new(mode: str, size: Any, color: Any = 0) -> Image:
    kind, depth = pixels.KINDS[mode]
    each = color if isinstance(color, (tuple, list)) else [color] * depth
    plain = bytes(int(one) & 255 for one in each) if isinstance(each[0], int) else bytes(depth)
    return Image(mode, size, plain * (pixels.width_of(kind) * int(size[0]) * int(size[1])))


def frombytes(mode: str, size: Any, data: bytes, *_: Any) -> Image:
    return Image(mode, size, bytes(data))


frombuffer = frombytes


def fromarray(obj: Any, mode: str | None = None) -> Image:
    data = obj.tobytes()
    kind = str(obj.dtype)
    if len(obj.shape) == 2:
        found = {"int32": "I", "float32": "F"}.get(kind, "L")
    elif kind == "uint8" and obj.shape[2] in (1, 2, 3, 4):
        found = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[obj.shape[2]]
    else:
        raise TypeError(f"Cannot handle this data type: {tuple(obj.shape[2:])}, {kind}")
    if kind == "bool":
        data = bytes(255 * one for one in data)
    return Image(found, (obj.shape[1], obj.shape[0]), data)


def merge(mode: str, bands: Any) -> Image:
    data = bytearray(len(bands) * len(bands[0].tobytes()))
    for number, band in enumerate(bands):
        data[number :: len(bands)] = band.tobytes()
    return Image(mode, bands[0].size, bytes(data))


def blend(im1: Image, im2: Image, alpha: float) -> Image:
    mixed = (round(a + alpha * (b - a)) for a, b in zip(im1.tobytes(), im2.tobytes(), strict=True))
    return Image(im1.mode, im1.size, bytes(min(max(one, 0), 255) for one in mixed))


def isImageType(obj: Any) -> bool:  # noqa: N802  # Pillow's name
    return isinstance(obj, Image)


def registered_extensions() -> dict[str, str]:
    return dict.fromkeys((".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".tif", ".webp"), "PNG")


BytesIO = io.BytesIO
