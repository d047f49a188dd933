"""The figures, as lines to print and as a section of a page."""

from __future__ import annotations

import platform
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import torch

from benchmarks.operators.measuring import Measured

BEGIN, END = "<!-- operators -->", "<!-- /operators -->"
WORDS = {
    "flows": "gradient comes back",
    "cut": "none comes back",
    "zero": "zeros come back, whatever it is given",
    "depends": "depends on the arguments",
    "overflows": "Inf or NaN comes back from every sample",
}


def lines(found: Sequence[Measured]) -> Iterator[str]:
    """The table, what is wrong, and what could not be used, as Markdown."""
    used = [one for one in found if one.kind]
    yield f"| {'operators whose':39} | operators | programs | right | wrong |"
    yield f"|{'-' * 41}|----------:|---------:|------:|------:|"
    for kind, words in WORDS.items():
        yield _row(words, [one for one in used if one.kind == kind])
    yield _row("**all**", used)
    yield ""
    yield from _wrong(used)
    yield from _unused([one for one in found if not one.kind])


def _row(words: str, of: Sequence[Measured]) -> str:
    judged = [program for one in of for program in one.judged]
    wrong = sum(bool(program.wrong) for program in judged)
    right = len(judged) - wrong
    return f"| {words:39} | {len(of):9} | {len(judged):8} | {right:5} | {wrong:5} |"


def _wrong(used: Iterable[Measured]) -> Iterator[str]:
    wrong = [(one.name, program) for one in used for program in one.wrong]
    yield "Wrong:" if wrong else "Wrong: none."
    for name, program in wrong:
        yield f"- `{name}`, sample {program.sample}: {program.wrong}"


def _unused(unused: Sequence[Measured]) -> Iterator[str]:
    by_reason: dict[str, list[str]] = defaultdict(list)
    for one in unused:
        by_reason[one.reason].append(f"`{one.name}`")
    yield ""
    yield f"No sample of {len(unused)} can be used:"
    yield ""
    for reason, names in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        text = f"- {reason} ({len(names)}): {', '.join(names)}"
        yield from textwrap.wrap(text, 100, subsequent_indent="  ", break_on_hyphens=False)


def update(file: Path, found: Sequence[Measured]) -> None:
    """Puts the figures between the markers of the page. Raises `ValueError` if it has none."""
    text = file.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{file} has no {BEGIN} ... {END} to write between.")
    made = f"Made with Python {platform.python_version()} and torch {torch.__version__}."
    inside = "\n".join([made, "", *lines(found)])
    file.write_text(f"{before}{begin}\n{inside}\n{end}{after}", encoding="utf-8")
