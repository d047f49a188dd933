"""Comments that silence findings: `# gradcheck: ignore[GG101] reason`."""

from __future__ import annotations

import ast
import io
import linecache
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gradcheck_gan.cells import split
from gradcheck_gan.finding import Finding, Report
from gradcheck_gan.magics import plain

_COMMENT = re.compile(r"#\s*gradcheck:\s*ignore\s*\[([^\]]*)\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ignore:
    """One code of a comment, and the lines of the statement that the comment stands on."""

    path: str
    line: int
    code: str
    first: int
    last: int

    def silences(self, finding: Finding) -> bool:
        place = finding.location
        here = place.file == self.path and self.first <= place.line <= self.last
        return here and finding.code.startswith(self.code)


def found(root: Path, files: Iterable[str]) -> tuple[Ignore, ...]:
    """The comments in these files; paths start at `root`."""
    return tuple(one for path in sorted(set(files)) for one in comments(path, _text(root / path)))


def heed(report: Report, ignores: Iterable[Ignore], in_use: frozenset[str]) -> Report:
    """The report without what comments silence; comments in vain become notes.

    A comment is told to be in vain only where the run could have found what it silences: its rule
    (one of `in_use`) was on.
    """
    ignores = tuple(ignores)
    kept = [f for f in report.findings if not any(one.silences(f) for one in ignores)]
    used = {one for one in ignores for finding in report.findings if one.silences(finding)}
    notes = [
        f"the comment `gradcheck: ignore[{one.code}]` at {one.path}:{one.line} silences nothing; "
        "remove it."
        for one in ignores
        if one not in used and any(code.startswith(one.code) for code in in_use)
    ]
    return replace(report, findings=tuple(kept), notes=(*report.notes, *notes))


def comments(path: str, source: str) -> Iterator[Ignore]:
    """All ignore comments of a file that can be parsed; no text in a string is one."""
    if "gradcheck:" not in source.lower():
        return
    if split(path)[1] is not None:
        source = plain(source)
    try:
        tree = ast.parse(source)
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (SyntaxError, ValueError, tokenize.TokenError):
        return
    spans = sorted(_spans(tree), key=lambda span: span[1] - span[0])
    for token in tokens:
        found = _COMMENT.search(token.string) if token.type == tokenize.COMMENT else None
        if found is None:
            continue
        line = token.start[0]
        first, last = next((span for span in spans if span[0] <= line <= span[1]), (line, line))
        for code in found.group(1).split(","):
            if code.strip():
                yield Ignore(path, line, code.strip().upper(), first, last)


def _spans(tree: ast.AST) -> Iterator[tuple[int, int]]:
    """First and last line of every statement; of one that holds others, its head alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None) or getattr(node, "cases", None)
            last = node.end_lineno or node.lineno
            if body:
                start = getattr(body[0], "lineno", None) or body[0].pattern.lineno
                last = max(node.lineno, start - 1)
            yield node.lineno, last


def _text(path: Path) -> str:
    try:
        return "".join(linecache.getlines(str(path)))
    except ValueError:  # no file can be called so
        return ""
