"""Lists that come with public sets of images, known by their file's name."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

ROWS = 202599
"""As many as CelebA has: scripts split the list by numbers that they know."""

_TRAINED, _VALIDATED = 162770, 182637

ATTRIBUTES = (
    "5_o_Clock_Shadow Arched_Eyebrows Attractive Bags_Under_Eyes Bald Bangs Big_Lips Big_Nose "
    "Black_Hair Blond_Hair Blurry Brown_Hair Bushy_Eyebrows Chubby Double_Chin Eyeglasses Goatee "
    "Gray_Hair Heavy_Makeup High_Cheekbones Male Mouth_Slightly_Open Mustache Narrow_Eyes No_Beard "
    "Oval_Face Pale_Skin Pointy_Nose Receding_Hairline Rosy_Cheeks Sideburns Smiling Straight_Hair "
    "Wavy_Hair Wearing_Earrings Wearing_Hat Wearing_Lipstick Wearing_Necklace Wearing_Necktie Young"
).split()

_DIFFERENT = 997
_PARTS = ("lefteye", "righteye", "nose", "leftmouth", "rightmouth")
_BOX = "40 50 100 120"
_LANDMARKS = "69 111 108 111 88 136 73 152 105 152"


def _attributes() -> Iterator[str]:
    drawn = random.Random(0)
    yield str(ROWS)
    yield " ".join(ATTRIBUTES)
    signs = [" ".join(drawn.choice(("-1", " 1")) for _ in ATTRIBUTES) for _ in range(_DIFFERENT)]
    yield from (f"{name} {signs[number % _DIFFERENT]}" for number, name in enumerate(_names()))


def _identities() -> Iterator[str]:
    return (f"{name} {1 + number * 7 % 10177}" for number, name in enumerate(_names()))


def _partition() -> Iterator[str]:
    """To train on, to validate with and to test with."""
    for number, name in enumerate(_names(), start=1):
        yield f"{name} {(number > _TRAINED) + (number > _VALIDATED)}"


def _landmarks() -> Iterator[str]:
    yield str(ROWS)
    yield " ".join(f"{part}_{axis}" for part in _PARTS for axis in "xy")
    yield from (f"{name} {_LANDMARKS}" for name in _names())


def _boxes() -> Iterator[str]:
    yield str(ROWS)
    yield "image_id x_1 y_1 width height"
    yield from (f"{name} {_BOX}" for name in _names())


def _names() -> Iterator[str]:
    return (f"{number:06}.jpg" for number in range(1, ROWS + 1))


_FILES: dict[str, Callable[[], Iterator[str]]] = {
    "identity_CelebA.txt": _identities,
    "list_attr_celeba.txt": _attributes,
    "list_bbox_celeba.txt": _boxes,
    "list_eval_partition.txt": _partition,
    "list_landmarks_align_celeba.txt": _landmarks,
}
"""CelebA's; `list_attr_celeba.txt` is also what a pattern for text files finds in its folder."""

USUAL = "list_attr_celeba.txt"


def known(name: str) -> bool:
    return name in _FILES


def content(name: str) -> str:
    return "".join(f"{line}\n" for line in _FILES[name]())
