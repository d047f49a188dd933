"""The formats of a report: each is a module with `render(report, root) -> str`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from gradcheck_gan.finding import Report

SUFFIXES = {
    ".txt": "text",
    ".json": "json",
    ".sarif": "sarif",
    ".md": "markdown",
    ".xml": "junit",
}
FORMATS = (*SUFFIXES.values(), "github", "gitlab")


def render(format_name: str, report: Report, root: Path | None = None) -> str:
    """The report in a format of `FORMATS`; `root` is the folder its relative paths start from."""
    from pathlib import Path

    module = import_module(f"{__name__}.{format_name}")
    rendered: str = module.render(report, root or Path.cwd())
    return rendered
