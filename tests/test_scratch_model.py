"""Random file operations do under the overlay what they do on a disk, and leave the disk alone."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck_gan.stand_ins.overlay import Overlay
from gradcheck_gan.stand_ins.scratch import stand_ins

NAMES = ("a", "b", "d", "d/a", "d/b", "d/e", "d/e/a", "n", "n/a", "n/m", "link", "lost")
MODES = ("r", "w", "a", "r+", "w+", "x")
TWO = ("rename", "replace", "link", "symlink")
ONE = ("stat", "lstat", "readlink", "unlink", "rmdir", "mkdir", "listdir", "scandir", "chmod")

names = st.sampled_from(NAMES)
operations = st.one_of(
    st.tuples(st.just("open"), names, st.sampled_from(MODES)),
    st.tuples(st.sampled_from(ONE), names),
    st.tuples(st.sampled_from(TWO), names, names),
    st.tuples(st.just("rmtree"), names),
)


class Plain:
    """The functions of `os`, in a folder."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.functions: dict[str, Callable[..., Any]] = {}

    def find(self, name: str) -> Callable[..., Any]:
        return self.functions.get(name) or (open if name == "open" else getattr(os, name))

    def run(self, operation: tuple[str, ...]) -> object:
        try:
            return self._run(*operation)
        except OSError as failure:
            told = [
                str(n).replace(str(self.top), "") for n in (failure.filename, failure.filename2)
            ]
            return type(failure), failure.errno, told

    def _run(self, name: str, *arguments: str) -> object:
        first = str(self.top / arguments[0])
        if name == "open":
            with self.find("open")(first, arguments[1]) as stream:
                if stream.writable():
                    stream.write("new")
                    stream.flush()
                return stream.read() if stream.readable() else "written"
        if name == "rmtree":
            self.remove(first)
            return None
        if name == "symlink":
            return self.find(name)(arguments[0].rpartition("/")[2], str(self.top / arguments[1]))
        if name in TWO:
            return self.find(name)(first, str(self.top / arguments[1]))
        if name == "chmod":
            return self.find(name)(first, 0o700)
        return told(self.find(name)(first))

    def remove(self, path: str) -> None:
        for name in self.find("listdir")(path):
            inner = f"{path}/{name}"
            kind = self.find("lstat")(inner).st_mode
            if kind & 0o170000 == 0o040000:
                self.remove(inner)
            else:
                self.find("unlink")(inner)
        self.find("rmdir")(path)

    def tree(self, path: str) -> Iterator[tuple[str, str]]:
        for name in sorted(self.find("listdir")(path)):
            inner = f"{path}/{name}"
            kind = self.find("lstat")(inner).st_mode & 0o170000
            if kind == 0o040000:
                yield inner[len(str(self.top)) :], "folder"
                yield from self.tree(inner)
            elif kind == 0o120000:
                yield inner[len(str(self.top)) :], f"-> {self.find('readlink')(inner)}"
            else:
                with self.find("open")(inner) as stream:
                    yield inner[len(str(self.top)) :], stream.read()


def told(result: Any) -> object:
    if isinstance(result, os.stat_result):
        return result.st_mode & 0o170000
    if isinstance(result, list):
        return sorted(result)
    if hasattr(result, "__next__"):
        return sorted((entry.name, entry.is_dir(), entry.is_symlink()) for entry in result)
    return result


def fill(top: Path) -> None:
    (top / "d" / "e").mkdir(parents=True)
    for name in ("a", "d/a", "d/e/a"):
        (top / name).write_text(name)
    (top / "link").symlink_to("d")
    (top / "lost").symlink_to("nowhere")


@given(st.lists(operations, max_size=12))
@settings(max_examples=400, deadline=None)
def test_every_answer_and_the_final_tree_agree(steps: list[tuple[str, ...]]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        one, other = Plain(folder / "one"), Plain(folder / "two")
        for each in (one, other):
            fill(each.top)
        before = list(other.tree(str(other.top)))
        overlay = Overlay(str(folder / "scratch"), [str(other.top)])
        made = list(stand_ins(overlay))
        other.functions = {original.__name__: new for original, new in made[:-1]}
        other.functions |= {"open": made[-1][1]}
        for step in steps:
            answer, expected = other.run(step), one.run(step)
            if isinstance(expected, tuple) and errno.ELOOP in expected:
                return  # links in a circle: where the system gives up is its own affair
            assert (step, answer) == (step, expected)
        assert list(other.tree(str(other.top))) == list(one.tree(str(one.top)))
        assert list(Plain(other.top).tree(str(other.top))) == before
    finally:
        shutil.rmtree(folder)
