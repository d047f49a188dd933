"""What stood in during this run, kept until the report asks for it."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck_gan.words import listed

_SHOWN = 6

_told: dict[str, list[str]] = {}


def tell(sentence: str, name: str = "") -> None:
    """Note a sentence once; every name that is told with it takes the place of its `{}`."""
    names = _told.setdefault(sentence, [])
    if name and name not in names:
        names.append(name)


def told() -> Sequence[str]:
    return [sentence.format(_some(names)) for sentence, names in _told.items()]


def forget() -> None:
    _told.clear()


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _SHOWN
    return listed([*names[:_SHOWN], f"{rest} more"] if rest > 0 else names)
