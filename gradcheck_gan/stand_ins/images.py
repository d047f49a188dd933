"""Images that a script looks for and that are not there, made in the folder that stands for it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from gradcheck_gan.stand_ins import lists, pictures
from gradcheck_gan.stand_ins.asking import script_asks
from gradcheck_gan.stand_ins.telling import tell

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".tif", ".tiff", ".webp")
COUNT = 400
FACES = 4400, 178, 218
"""CelebA's size, and more images than scripts set aside of it to test with."""

_CLASSES = ("class_0", "class_1")
_MAGIC = "*?["
_LEFT_BEHIND = re.compile(
    r"checkpoint|ckpt|saved?_|_saves?|^saved?$|models?$|weights|results?|outputs?|logs?$|runs$"
    r"|samples?$|snapshots?|experiments?",
    re.IGNORECASE,
)
_MADE = "Not there, and made up of random images: {}."


class Layer(Protocol):
    """What lies over the user's files; the script sees what is put there."""

    touched: bool

    def place(self, path: str) -> str: ...

    def over(self, place: str) -> str: ...

    def exists(self, place: str) -> bool: ...

    def adopt(self, place: str) -> None: ...


class Images:
    """All of it is to be called aside."""

    def __init__(self, layer: Layer, start: str) -> None:
        self._layer = layer
        self._start = start
        self._folders: set[str] = set()
        self._filled: set[tuple[str, tuple[str, ...]]] = set()

    def lacking(self, place: str) -> None:
        """A folder ends in a separator."""
        if place.endswith(os.sep):
            self.folder(place.rstrip(os.sep))
        else:
            self.file(place)

    def file(self, place: str) -> None:
        """A file that is opened to be read."""
        if self._layer.exists(place) or not script_asks(through_readers=True):
            return
        name = os.path.basename(place)
        if name.lower().endswith(ENDINGS):
            _, *size = _kind(place)
            self._write(place, pictures.picture(_number(name), *size))
            folder = os.path.dirname(place)
            if folder not in self._folders:
                tell(_MADE, f"what is opened of {self._name(folder)}")
        elif lists.known(name):
            self._write(place, lists.content(name).encode())
            tell("Not there, and made up: {}.", self._name(place))

    def folder(self, place: str) -> None:
        """A folder that is listed: half of it of one ending and half of another."""
        if not self._layer.exists(place) and self._is_data(place):
            self._fill(place, (".jpg", ".png"))

    def wanted(self, path: str) -> None:
        """Something that the script cannot go on without."""
        if os.path.splitext(path)[1]:
            self.file(self._layer.place(path))
        else:
            self.folder(self._layer.place(path))

    def pattern(self, pattern: str) -> None:
        """What is searched for, in a folder that is not there or was made up before."""
        head, parts = _split(pattern)
        place = self._layer.place(head)
        known = place in self._folders
        if not parts or (self._layer.exists(place) and not known) or not self._is_data(place):
            return
        *folders, last = parts
        ending = _ending(last)
        if ending == ".txt":
            self._write(
                os.path.join(place, lists.USUAL),
                lists.content(lists.USUAL).encode(),
            )
            tell("Not there, and made up: {}.", self._name(os.path.join(place, lists.USUAL)))
        elif ending is not None:
            for inner in _below(folders):
                self._fill(os.path.join(place, *inner), (ending,), known)

    @staticmethod
    def _is_data(place: str) -> bool:
        """Asked for by the script, and not the place of what an earlier run left behind."""
        return not _LEFT_BEHIND.search(os.path.basename(place)) and script_asks()

    def _fill(self, place: str, endings: tuple[str, ...], known: bool = False) -> None:
        if (place, endings) in self._filled:
            return
        self._filled.add((place, endings))
        self._layer.adopt(place)
        count, *size = _kind(place)
        first: dict[int, str] = {}
        for number in range(1, count + 1):
            target = os.path.join(place, f"{number:06}{endings[number % len(endings)]}")
            alike = number % pictures.DIFFERENT
            if alike in first:
                self._repeat(first[alike], target)
            else:
                self._write(target, pictures.picture(alike, *size))
                first[alike] = target
        self._folders.add(place)
        if not known:
            tell(_MADE, f"the folder {self._name(place)}")

    def _write(self, place: str, content: bytes) -> None:
        layer = self._layer
        layer.adopt(place)
        over = Path(layer.over(place))
        over.parent.mkdir(parents=True, exist_ok=True)
        over.write_bytes(content)
        layer.touched = True

    def _repeat(self, first: str, place: str) -> None:
        layer = self._layer
        if not os.path.lexists(layer.over(place)):
            try:
                os.link(layer.over(first), layer.over(place))
            except OSError:
                Path(layer.over(place)).write_bytes(Path(layer.over(first)).read_bytes())

    def _name(self, place: str) -> str:
        """From where the script was started, if that is shorter."""
        return min(os.path.relpath(place, self._start).replace(os.sep, "/"), place, key=len)


def _kind(place: str) -> tuple[int, int, int]:
    """How many images there are, and how wide and high they are."""
    return FACES if "celeba" in place.lower() else (COUNT, pictures.WIDTH, pictures.HEIGHT)


def _number(name: str) -> int:
    return int("".join(sign for sign in name if sign.isdigit())[-6:] or 0)


def _split(pattern: str) -> tuple[str, list[str]]:
    """The part of a pattern before the first joker, and its parts from there on."""
    parts = pattern.split(os.sep)
    first = next((n for n, part in enumerate(parts) if any(m in part for m in _MAGIC)), len(parts))
    return os.sep.join(parts[:first]) or (os.sep if pattern.startswith(os.sep) else "."), parts[
        first:
    ]


def _ending(part: str) -> str | None:
    """The ending of a file that this part of a pattern would find; None for other files."""
    ending = os.path.splitext(part)[1].lower()
    if ending in (*ENDINGS, ".txt"):
        return os.path.splitext(part)[1]
    jokers = not ending or any(sign in ending for sign in _MAGIC)
    return ".jpg" if jokers else None


def _below(folders: list[str]) -> Iterator[tuple[str, ...]]:
    """A folder for each class where the pattern wants one."""
    wanted = [part for part in folders if part != "**"]
    if not wanted:
        yield ()
        return
    first = wanted[0]
    names = _CLASSES if any(sign in first for sign in _MAGIC) else (first,)
    for name in names:
        for rest in _below(wanted[1:]):
            yield (name, *rest)
