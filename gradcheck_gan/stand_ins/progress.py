"""A stand-in for tqdm: the loop that it wraps runs, and no bar is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any


class Bar:
    """Iterates, counts, and takes every other call as nothing to do."""

    def __init__(self, iterable: Iterable[Any] | None = None, *_: Any, **options: Any) -> None:
        self.iterable = iterable
        self.total = options.get("total")
        self.n = 0

    def __iter__(self) -> Iterator[Any]:
        for each in self.iterable or ():
            yield each
            self.n += 1

    def __len__(self) -> int:
        held: Any = self.iterable
        return len(held) if held is not None else int(self.total or 0)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def update(self, n: float = 1) -> None:
        self.n += int(n)

    @staticmethod
    def write(text: str, *_: Any, **__: Any) -> None:
        print(text)  # noqa: T201  # what the script says is the script's

    def _nothing(self, *_: Any, **__: Any) -> None:
        return None

    close = clear = refresh = reset = display = _nothing
    set_description = set_description_str = set_postfix = set_postfix_str = _nothing


def _trange(*bounds: int, **options: Any) -> Bar:
    return Bar(range(*bounds), **options)


def progress_bars(name: str) -> ModuleType:
    made: Any = ModuleType(name)
    made.tqdm = made.tqdm_notebook = made.auto_tqdm = Bar
    made.trange = made.tnrange = _trange
    return made  # type: ignore[no-any-return]
