"""Where reports go: files that are checked before the run and replaced whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gradcheck_gan.report import FORMATS, SUFFIXES
from gradcheck_gan.words import listed


class TargetError(Exception):
    """A file that cannot be written, told in one sentence."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file to write; `path` is absolute, `name` is what the user called it."""

    format: str
    path: Path
    name: str


def report_target(text: str) -> Target:
    """`FILE` whose suffix says the format, or `FORMAT:FILE`."""
    prefix, colon, rest = text.partition(":")
    if colon and prefix in FORMATS:
        return _target(prefix, rest)
    chosen = SUFFIXES.get(Path(text).suffix.lower())
    if chosen is None:
        raise TargetError(
            f"{text!r} does not say its format; end it with {listed(SUFFIXES, 'or')}, "
            f"or write FORMAT:{text}, where FORMAT is {listed(FORMATS, 'or')}."
        )
    return _target(chosen, text)


def graph_target(text: str) -> Target:
    suffix = Path(text).suffix.lower()
    if suffix not in (".svg", ".png", ".pdf", ".dot"):
        raise TargetError(
            f"{text!r} is no picture that can be drawn; end it with .svg, .png, .pdf or .dot."
        )
    return _target(suffix[1:], text)


def baseline_target(text: str) -> Target:
    return _ours(_target("baseline", text))


def run_target(text: str) -> Target:
    return _ours(_target("run", text))


def _ours(target: Target) -> Target:
    """What is kept in a file of our own takes the place of nothing else."""
    try:
        head = target.path.read_bytes()[:200] if target.path.is_file() else b""
    except OSError:
        head = b""  # told when it cannot be written
    mark = f'"kind":"{target.format}"'.encode()
    if head and mark not in head.replace(b" ", b""):
        raise TargetError(f"{target.name!r} exists and is no {target.format}; name another file.")
    return target


def refuse_clashes(targets: Sequence[Target], script: Path | None = None) -> None:
    """Raises `TargetError` where two outputs, or an output and the script, are the same file."""
    if script is not None and any(target.path == script.resolve() for target in targets):
        raise TargetError(f"{str(script)!r} is the script itself; name another file to write to.")
    for number, target in enumerate(targets):
        if any(target.path == other.path for other in targets[:number]):
            raise TargetError(f"{target.name!r} is named twice; give each output its own file.")


def write(target: Target, content: str) -> None:
    with replacing(target) as temporary:
        temporary.write_bytes(content.encode("utf-8", "backslashreplace"))


def write_to(stream: BinaryIO, content: str) -> None:
    try:
        stream.write(content.encode("utf-8", "backslashreplace"))
        stream.flush()
    except OSError as error:
        raise TargetError(
            f"standard output could not be written ({error.strerror or error}); "
            "write the report to a file with -o."
        ) from error


@contextmanager
def replacing(target: Target) -> Iterator[Path]:
    """A path to write to, which takes the target's place at the end, or leaves it untouched."""
    path = target.path
    if path.exists() and not path.is_file():
        yield path  # a pipe or a device is written to, not replaced
        return
    temporary = path.with_name(f".{path.stem}-{os.getpid()}{path.suffix}")
    try:
        yield temporary
        _take_place(temporary, path)
    except OSError as error:
        raise TargetError(
            f"{target.name!r} could not be written ({error.strerror or error}); "
            "make room for it or name another file, and run again."
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _take_place(temporary: Path, path: Path) -> None:
    if path.exists():
        shutil.copymode(path, temporary)
    temporary.replace(path)


def _target(format_name: str, name: str) -> Target:
    if not name:
        raise TargetError(f"{format_name!r} names no file; write {format_name}:FILE.")
    path = Path(name).absolute()
    if path.is_dir():
        raise TargetError(f"{name!r} is a folder; name a file in it.")
    if path.exists() and not path.is_file():
        return Target(format_name, path, name)
    path = path.resolve()  # what a symbolic link points at is replaced, not the link
    if not path.parent.is_dir():
        raise TargetError(f"the folder of {name!r} does not exist; make it first.")
    if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise TargetError(f"{name!r} cannot be written; name a file where you may write.")
    return Target(format_name, path, name)
