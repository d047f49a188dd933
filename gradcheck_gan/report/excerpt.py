"""Source lines of a location, with the culprit underlined."""

from __future__ import annotations

import linecache
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gradcheck_gan.run import Location

TAB = 4
MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class ExcerptLine:
    """A source line made printable; `underline` is padded to stand below it."""

    number: int
    text: str
    underline: str


def excerpt(location: Location, root: Path, width: int = 80) -> tuple[ExcerptLine, ...]:
    """The lines of a location, without their common indentation; empty if unreadable."""
    lines = [(number, line) for number, line in _source(location, root) if line.strip()]
    if not lines:
        return ()
    indent = min(len(line) - len(line.lstrip()) for _, line in lines)
    return tuple(_line(number, line, indent, location, width) for number, line in lines)


def source_line(location: Location, root: Path) -> str:
    """The text of the first line of a location; empty if unreadable."""
    return next((line for _, line in _source(location, root)), "")


def fragment(location: Location, root: Path) -> str:
    """The source of a location in one line; empty if it cannot be read."""
    parts = []
    for number, line in _source(location, root):
        start, end = _span(number, line, location)
        parts.append(line[start:end].strip())
    return printable(" ".join(parts))


def printable(text: str) -> str:
    """`text` with tabs as spaces and every other control character made visible."""
    return "".join(_printable(character) for character in text)


def _source(location: Location, root: Path) -> Iterator[tuple[int, str]]:
    last = min(location.end_line or location.line, location.line + MOST_LINES - 1)
    # linecache keeps what was read before, so a file that its own run deletes can still be shown.
    try:
        lines = linecache.getlines(str(root / location.file))
    except ValueError:  # no file can be called so
        return
    for number in range(location.line, last + 1):
        if 1 <= number <= len(lines):
            yield number, lines[number - 1].rstrip()


def _line(number: int, line: str, indent: int, location: Location, width: int) -> ExcerptLine:
    start, end = _span(number, line, location)
    line, start, end = _crop(line, start, end, indent, width)
    before, marked = _cells(line[:start]), _cells(line[start:end])
    return ExcerptLine(number, printable(line), " " * before + "^" * marked)


def _span(number: int, line: str, location: Location) -> tuple[int, int]:
    """Characters of `line` that belong to the culprit: all of them where columns are unknown."""
    start = len(line) - len(line.lstrip())
    end = len(line)
    if number == location.line and location.column is not None:
        start = location.column - 1
    if number == (location.end_line or location.line) and location.end_column is not None:
        end = location.end_column - 1
    return (start, end) if 0 <= start < end <= len(line) else (len(line) - len(line.lstrip()), end)


def _crop(line: str, start: int, end: int, indent: int, width: int) -> tuple[str, int, int]:
    """`line` from `indent` on, cut to `width` characters around its marked part."""
    start, first = max(start, indent), indent
    if end - indent > width:
        first = max(indent, min(start - width // 4, len(line) - width))
    last = min(len(line), first + width)
    left = "..." if first > indent else ""
    right = "..." if last < len(line) else ""
    shown = left + line[first:last] + right
    shift = len(left) - first
    return shown, start + shift, min(end, last) + shift


def _printable(character: str) -> str:
    if character == "\t":
        return " " * TAB
    if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
        return character.encode("unicode_escape").decode("ascii")
    return character


def _cells(text: str) -> int:
    """Columns that a terminal gives to `text`: two for a wide character, none for a combining."""
    return sum(_cell(character) for character in printable(text))


def _cell(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
