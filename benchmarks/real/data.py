"""Random files in the layouts that the programs read."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

_DIFFERENT = 16
_NAMES = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Male", "Young")


def images(folder: Path, count: int, width: int, height: int) -> None:
    """JPEG files, few of them different."""
    if folder.is_dir():
        return
    folder.mkdir(parents=True)
    seeded = random.Random(0)
    contents = [_jpeg(seeded, width, height) for _ in range(min(count, _DIFFERENT))]
    for number in range(count):
        (folder / f"{number:06}.jpg").write_bytes(contents[number % _DIFFERENT])


def _jpeg(seeded: random.Random, width: int, height: int) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.frombytes("RGB", (width, height), seeded.randbytes(width * height * 3)).save(file, "JPEG")
    return file.getvalue()


def attributes(file: Path, count: int) -> None:
    """One line of -1 and 1 for each image, as CelebA has."""
    seeded = random.Random(0)
    rows = (" ".join(str(seeded.choice((-1, 1))) for _ in _NAMES) for _ in range(count))
    lines = [str(count), " ".join(_NAMES)]
    lines += [f"{number:06}.jpg {row}" for number, row in enumerate(rows)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def digits(folder: Path) -> None:
    """Coloured digits as tensors, one file to train on and one to test."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    shown = torch.randint(0, 256, (256, 28, 28, 3), dtype=torch.uint8)
    for name in ("mnist_m_train.pt", "mnist_m_test.pt"):
        torch.save((shown, torch.arange(256) % 10), folder / name)


def empty(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


MAKERS: dict[str, Callable[..., Any]] = {
    "images": images,
    "attributes": attributes,
    "digits": digits,
    "folder": empty,
}
