"""The formats of a report: each is a module with `render(report, root) -> str`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from gradcheck_gan.finding import Report
    from gradcheck_gan.run import Run

SUFFIXES = {
    ".txt": "text",
    ".json": "json",
    ".html": "html",
    ".sarif": "sarif",
    ".md": "markdown",
    ".xml": "junit",
}
FORMATS = (*SUFFIXES.values(), "github", "gitlab")


def render(
    format_name: str, report: Report, root: Path | None = None, run: Run | None = None
) -> str:
    """The report in a format of `FORMATS`.

    `root` is the folder that its relative paths start from; of `run` a page draws the gradient
    graphs.
    """
    from pathlib import Path

    module = import_module(f"{__name__}.{format_name}")
    drawn = {"run": run} if format_name == "html" else {}
    rendered: str = module.render(report, root or Path.cwd(), **drawn)
    return rendered
