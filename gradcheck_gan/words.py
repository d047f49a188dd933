"""Counts and lists in English, for findings and reports alike."""

from __future__ import annotations

from collections.abc import Iterable

_OWN = "failed inside gradcheck-gan"


def own_failure(part: str, error: BaseException) -> str:
    """A note of the report: a part of the tool itself went wrong."""
    return f"{part} {_OWN} ({type(error).__name__}: {error})"


def is_own_failure(note: str) -> bool:
    return _OWN in note


def counted(number: int, noun: str) -> str:
    """`2 rounds`, `1 step`, `2 backward passes`."""
    plural = f"{noun}es" if noun.endswith("ss") else f"{noun}s"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else plural
    return f"{number} {noun if number == 1 else plural}"


def listed(names: Iterable[str], word: str = "and") -> str:
    """`netG`, `netG and netD`, `netG, netD and netE`."""
    *most, last = [*names] or [""]
    return f" {word} ".join(filter(None, (", ".join(most), last)))
