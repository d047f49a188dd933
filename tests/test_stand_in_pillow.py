"""Our Pillow does to images what data loaders ask of the real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from gradcheck_gan.stand_ins.pillow import Image, ImageOps

np: Any = pytest.importorskip("numpy")
PIXELS = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


def test_image_is_an_array_and_an_array_an_image() -> None:
    image = Image.fromarray(PIXELS)
    assert (image.mode, image.size, image.getbands()) == ("RGB", (3, 2), ("R", "G", "B"))
    assert (np.array(image) == PIXELS).all()
    assert image.getpixel((2, 1)) == (15, 16, 17)
    grey = Image.fromarray(PIXELS[..., 0])
    assert (grey.mode, np.asarray(grey).shape) == ("L", (2, 3))
    assert Image.fromarray(PIXELS[..., 0].astype(np.float32)).mode == "F"
    with pytest.raises(TypeError, match="Cannot handle"):
        Image.fromarray(PIXELS.astype(np.float64))


def test_image_is_written_and_read(tmp_path: Path) -> None:
    for mode in ("RGB", "L", "RGBA"):
        Image.fromarray(PIXELS).convert(mode).save(tmp_path / "a.jpg")
        assert Image.open(tmp_path / "a.jpg") == Image.fromarray(PIXELS).convert(mode)
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8")
    with pytest.raises(Image.UnidentifiedImageError, match="without Pillow; install it"):
        Image.open(tmp_path / "b.jpg")


def test_modes_are_converted() -> None:
    image = Image.new("RGB", (2, 2), (255, 0, 0))
    assert image.convert("L").getpixel((0, 0)) == 76
    assert image.convert("RGBA").getpixel((1, 1)) == (255, 0, 0, 255)
    assert image.convert("L").convert("RGB").getpixel((0, 0)) == (76, 76, 76)
    assert image.convert("1").getpixel((0, 0)) == 0
    assert np.asarray(image.convert("F")).dtype == np.float32


def test_parts_and_sizes() -> None:
    image = Image.fromarray(PIXELS)
    assert (np.array(image.crop((1, 0, 3, 2))) == PIXELS[:, 1:]).all()
    outside = np.array(image.crop((-1, 0, 2, 3)))
    assert outside.shape == (3, 3, 3)
    assert (outside[:2, 1:] == PIXELS[:, :2]).all()
    assert outside[2].sum() == outside[:, 0].sum() == 0
    assert image.resize((6, 8)).size == (6, 8)
    assert (np.array(image.resize((6, 4), Image.NEAREST))[::2, ::2] == PIXELS).all()
    flat = Image.new("L", (40, 20), 9)
    assert set(flat.resize((7, 5), Image.BICUBIC).getdata()) == {9}
    flat.thumbnail((10, 10))
    assert flat.size == (10, 5)


def test_turns() -> None:
    image = Image.fromarray(PIXELS)
    assert (np.array(image.transpose(Image.FLIP_LEFT_RIGHT)) == PIXELS[:, ::-1]).all()
    assert (np.array(ImageOps.flip(image)) == PIXELS[::-1]).all()
    assert (np.array(image.transpose(Image.ROTATE_90)) == np.rot90(PIXELS)).all()
    assert (np.array(image.transpose(Image.Transpose.TRANSPOSE)) == PIXELS.transpose(1, 0, 2)).all()
    assert image.rotate(10) == image


def test_bands_and_points() -> None:
    image = Image.fromarray(PIXELS)
    assert Image.merge("RGB", image.split()) == image
    assert (np.array(ImageOps.invert(image)) == 255 - PIXELS).all()
    image.paste(Image.new("RGB", (2, 2), 5), (2, 1))
    assert image.getpixel((2, 1)) == (5, 5, 5)
    assert image.getpixel((1, 1)) == tuple(PIXELS[1, 1])
    assert ImageOps.fit(image, (4, 4)).size == (4, 4)


def test_filtered_lines_of_a_png_are_read() -> None:
    import struct
    import zlib

    from gradcheck_gan.stand_ins.pillow._png import decoded

    rows = torch.randint(0, 256, (5, 4), generator=torch.Generator().manual_seed(0)).tolist()
    lines, above = b"", [0] * 4
    for kind, row in enumerate(rows):
        left, corner = [0, *row[:-1]], [0, *above[:-1]]
        guesses = []
        for a, b, c in zip(left, above, corner, strict=True):
            nearest = min((a, b, c), key=lambda one: abs(a + b - c - one))
            guesses.append((0, a, b, (a + b) // 2, nearest)[kind])
        lines += bytes([kind, *((x - g) & 255 for x, g in zip(row, guesses, strict=True))])
        above = row
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", 4, 5, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(lines)),
    ]
    whole = b"".join(struct.pack(">I", len(c)) + k + c + bytes(4) for k, c in parts)
    assert decoded(b"\x89PNG\r\n\x1a\n" + whole, "a") == (
        "L",
        (4, 5),
        bytes(one for row in rows for one in row),
    )
