"""Random files, made of nothing or of programs that are right: the same ones for the same seed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from benchmarks.fuzz.commands import ROOT

_ENDLESS = re.compile(r"while True|range\((\d{5,}|10\*\*)")


def corpus() -> list[str]:
    """Programs of one file, none of which runs for long."""
    files = sorted(ROOT.glob("fixtures/*/*.py"))
    texts = [f.read_text(encoding="utf-8") for f in files if not f.name.startswith("_")]
    return [text for text in texts if not _ENDLESS.search(text)]


def inputs(seed: int, sources: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Endlessly, the kind of change and what comes of it."""
    random = Random(seed)
    while True:
        kind = random.choice([*KINDS])
        yield kind, KINDS[kind](random, random.choice(sources))


def _noise(random: Random, source: str) -> bytes:
    return random.randbytes(random.randrange(200))


def _truncated(random: Random, source: str) -> bytes:
    content = source.encode()
    return content[: random.randrange(len(content))]


def _misencoded(random: Random, source: str) -> bytes:
    line = "# \u00e9t\u00e9 \u2603\n"
    cookie = random.choice(["utf-8", "latin-1", "ascii", "utf-16", "utf-7", "no-such", "rot13", ""])
    head = f"# -*- coding: {cookie} -*-\n" if cookie else ""
    written = random.choice(["utf-8", "utf-16", "utf-32", "utf-8-sig", "latin-1", "cp1251"])
    return f"{head}{line}{source}".encode(written, "replace")


def _bytes_changed(random: Random, source: str) -> bytes:
    content = bytearray(source.encode())
    for _ in range(random.randrange(1, 6)):
        content[random.randrange(len(content))] = random.choice([0, 9, 12, 13, 26, 27, 128, 255])
    return bytes(content)


def _newlines_changed(random: Random, source: str) -> bytes:
    ending = random.choice(["\r", "\r\n", "\n\r", "\n\x0c\n", "\n\n"])
    return source.replace("\n", ending).encode()


def _lines_changed(random: Random, source: str) -> bytes:
    """Most results still run for a while, and then do something that nobody meant."""
    lines = source.splitlines()
    for _ in range(random.randrange(1, 4)):
        at, other = random.randrange(len(lines)), random.randrange(len(lines))
        what = random.randrange(4)
        if what == 0 and len(lines) > 1:
            del lines[at]
        elif what == 1:
            lines.insert(at, lines[other])
        elif what == 2:
            lines[at], lines[other] = lines[other], lines[at]
        else:
            lines[at] = "    " * random.randrange(3) + lines[at].strip()
    return "\n".join(lines).encode()


def _words_changed(random: Random, source: str) -> bytes:
    """Names and numbers take each other's places, behind the imports and the first sentence."""
    head, _, body = source.partition("manual_seed")
    words = list(re.finditer(r"\b(?:[A-Za-z_]\w*|\d+)\b", body))
    for _ in range(random.randrange(1, 4)):
        if not words:
            break
        one, other = random.choice(words), random.choice(words)
        body = body[: one.start()] + other[0] + body[one.end() :]
        words = list(re.finditer(r"\b(?:[A-Za-z_]\w*|\d+)\b", body))
    return f"{head}manual_seed{body}".encode()


KINDS: dict[str, Callable[[Random, str], bytes]] = {
    "noise": _noise,
    "truncated": _truncated,
    "misencoded": _misencoded,
    "bytes changed": _bytes_changed,
    "newlines changed": _newlines_changed,
    "lines changed": _lines_changed,
    "words changed": _words_changed,
}


def strange_names() -> tuple[str, ...]:
    """Of files, as far as the file system takes them."""
    names = (
        "\u00e9\u2603.py",
        "a b'\"\\.py",
        "-m.py",
        "no suffix",
        "new\nline.py",
        "%s{}.py",
        "a.b.py",
    )
    return (*names, Path("deep/er/__main__.py").as_posix())
