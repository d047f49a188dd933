"""The source of a cell as python reads it: without magics and lines for the shell."""

from __future__ import annotations

import ast
import io
import re
import tokenize

_TIMED = ("%%time", "%%timeit", "%%capture", "%%prun", "%%memit")
_RUN_BY_MAGIC = re.compile(r"(\s*)(%(?:time|timeit|prun|memit) +)(?=[^-\s])(.*)")
_MAGIC = re.compile(r"\s*[%!]|\s*\?|.*\?\s*$")
_ASSIGNED = re.compile(r"(\s*[\w., ]+=\s*)[%!].*")


def plain(source: str) -> str:
    """Every line keeps its number, and what magics only measure its columns."""
    head = source.lstrip()
    if head.startswith("%%"):
        if not head.startswith(_TIMED):
            return ""
        before, _, rest = source.partition(head.splitlines()[0])
        source = f"{before}{rest}"
    if _is_python(source):
        return source
    kept: list[str] = []
    continued = False
    for line in source.splitlines():
        if continued or ((_MAGIC.match(line) or _ASSIGNED.match(line)) and not _is_open(kept)):
            kept.append("" if continued else _replaced(line))
            continued = line.endswith("\\")
        else:
            kept.append(line)
    return "\n".join(kept) + "\n"


def _replaced(line: str) -> str:
    timed, assigned = _RUN_BY_MAGIC.fullmatch(line), _ASSIGNED.fullmatch(line)
    if timed:  # in the columns where it stood
        return f"{timed[1]}{'if 1:':<{len(timed[2])}}{timed[3]}"
    if assigned:
        return f"{assigned[1]}[]"
    return f"{line[: len(line) - len(line.lstrip())]}pass"


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _is_open(lines: list[str]) -> bool:
    """Whether a string or a bracket of the lines so far has yet to be closed."""
    try:
        list(tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline))
    except tokenize.TokenError as error:
        return "EOF in multi-line" in str(error)
    except (SyntaxError, ValueError):
        return False
    return False
