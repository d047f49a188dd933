"""The page of a rule, from docs/rules, for the terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator

import click

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = (
    os.path.join(PACKAGE, "pages"),
    os.path.join(os.path.dirname(PACKAGE), "docs", "rules"),
)


def page(code: str) -> str | None:
    """Markdown of a rule's page: packed into an installed wheel, in docs/rules of a checkout."""
    for folder in FOLDERS:
        file = os.path.join(folder, f"{code}.md")
        if os.path.isfile(file):
            with open(file, encoding="utf-8") as page:
                return page.read()
    return None


def summary(markdown: str) -> str:
    """The first paragraph below the first heading: what the rule finds."""
    _, _, body = markdown.partition("\n## ")
    paragraphs = body.partition("\n")[2].strip().split("\n\n")
    return " ".join(paragraphs[0].split())


def render(markdown: str, *, color: bool = False) -> str:
    """Headings and code blocks as a terminal shows them; everything else is left as written."""
    return "\n".join(_lines(markdown, color)).strip() + "\n"


def _lines(markdown: str, color: bool) -> Iterator[str]:
    fenced = False
    for line in markdown.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced:
            yield f"    {line}".rstrip()
        elif line.startswith("#"):
            yield from _heading(line, color)
        else:
            yield line


def _heading(line: str, color: bool) -> Iterator[str]:
    title = line.lstrip("#").strip()
    yield click.style(title, bold=True) if color else title
    if not color:
        yield ("-" if line.startswith("##") else "=") * len(title)
