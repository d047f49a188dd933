"""Rows with named columns, changed by copies as in the real package."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch

Row = dict[str, Any]


class Dataset(torch.utils.data.Dataset[Any]):
    def __init__(self, rows: Sequence[Row], columns: Sequence[str] | None = None) -> None:
        self._rows = rows
        self.column_names = list(columns if columns is not None else (rows[0] if rows else ()))
        self._change: Callable[[Any], Any] | None = None
        self._format: str | None = None

    @classmethod
    def from_dict(cls, mapping: Mapping[str, Sequence[Any]], *_: Any, **__: Any) -> Dataset:
        values = zip(*mapping.values(), strict=True)
        return cls([dict(zip(mapping, row, strict=True)) for row in values], list(mapping))

    @property
    def features(self) -> dict[str, Any]:
        return dict.fromkeys(self.column_names)

    @property
    def num_rows(self) -> int:
        return len(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return (self[number] for number in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        """A row by its number, rows as columns by several, a column by its name."""
        if isinstance(key, str):
            return [self._shown(row)[key] for row in self._rows]
        if isinstance(key, (slice, list, tuple, range)):
            chosen = self._rows[key] if isinstance(key, slice) else [self._rows[n] for n in key]
            return self._given(_columns(chosen, self.column_names))
        row = self._given(_columns([self._rows[int(key)]], self.column_names))
        return {name: values[0] for name, values in row.items()}

    def __getitems__(self, numbers: list[int]) -> list[Any]:
        return [self[number] for number in numbers]

    def _given(self, columns: dict[str, list[Any]]) -> Any:
        if self._change is not None:
            return self._change(columns)
        return {name: [self._formed(v) for v in values] for name, values in columns.items()}

    def _shown(self, row: Row) -> Row:
        return {name: self._formed(value) for name, value in row.items()}

    def _formed(self, value: Any) -> Any:
        if self._format not in ("torch", "pt") or isinstance(value, (str, torch.Tensor)):
            return value
        if hasattr(value, "getbands"):
            from gradcheck_gan.stand_ins.vision.transforms.functional import pil_to_tensor

            return pil_to_tensor(value)
        return torch.tensor(value)

    def _with(self, rows: Sequence[Row], columns: Sequence[str] | None = None) -> Dataset:
        made = type(self)(rows, self.column_names if columns is None else columns)
        made._change, made._format = self._change, self._format
        return made

    def set_transform(self, transform: Callable[[Any], Any] | None, *_: Any, **__: Any) -> None:
        self._change = transform

    def with_transform(self, transform: Callable[[Any], Any] | None, *_: Any, **__: Any) -> Dataset:
        made = self._with(self._rows)
        made._change = transform
        return made

    def set_format(self, type: str | None = None, columns: Any = None, **_: Any) -> None:  # noqa: A002
        self._format = type
        self.column_names = list(columns or self.column_names)

    def with_format(self, type: str | None = None, *_: Any, **__: Any) -> Dataset:  # noqa: A002
        made = self._with(self._rows)
        made._format = type
        return made

    def map(
        self,
        function: Callable[..., Any],
        batched: bool = False,
        remove_columns: Any = None,
        with_indices: bool = False,
        **options: Any,
    ) -> Dataset:
        dropped = [remove_columns] if isinstance(remove_columns, str) else remove_columns or ()
        if batched:
            numbers = ([*range(len(self))],) if with_indices else ()
            found = function(_columns(self._rows, self.column_names), *numbers)
            names = [name for name in self.column_names if name not in (*dropped, *found)]
            kept = (
                _columns(self._rows, names) if len(next(iter(found.values()))) == len(self) else {}
            )
            return self._with(_rows({**kept, **found}), [*kept, *found])
        rows = []
        for number, row in enumerate(self._rows):
            made = function(dict(row), *((number,) if with_indices else ())) or {}
            rows.append({k: v for k, v in {**row, **made}.items() if k in made or k not in dropped})
        return self._with(rows, list(rows[0]) if rows else None)

    def filter(self, function: Callable[[Any], bool], *_: Any, **__: Any) -> Dataset:
        return self._with([row for row in self._rows if function(dict(row))])

    def select(self, indices: Any, *_: Any, **__: Any) -> Dataset:
        return self._with([self._rows[int(number)] for number in indices])

    def shuffle(self, seed: int | None = None, *_: Any, **__: Any) -> Dataset:
        order = list(range(len(self)))
        random.Random(seed or 0).shuffle(order)
        return self.select(order)

    def take(self, n: int) -> Dataset:
        return self.select(range(min(n, len(self))))

    def skip(self, n: int) -> Dataset:
        return self.select(range(n, len(self)))

    def shard(self, num_shards: int, index: int, *_: Any, **__: Any) -> Dataset:
        return self.select(range(index, len(self), num_shards))

    def rename_column(self, before: str, after: str) -> Dataset:
        return self.rename_columns({before: after})

    def rename_columns(self, names: Mapping[str, str]) -> Dataset:
        rows = [{names.get(k, k): v for k, v in row.items()} for row in self._rows]
        return self._with(rows, [names.get(name, name) for name in self.column_names])

    def remove_columns(self, names: Any) -> Dataset:
        gone = [names] if isinstance(names, str) else names
        rows = [{k: v for k, v in row.items() if k not in gone} for row in self._rows]
        return self._with(rows, [name for name in self.column_names if name not in gone])

    def select_columns(self, names: Any) -> Dataset:
        kept = [names] if isinstance(names, str) else list(names)
        return self.remove_columns([name for name in self.column_names if name not in kept])

    def cast_column(self, *_: Any) -> Dataset:
        return self

    def train_test_split(self, test_size: Any = 0.25, *_: Any, **__: Any) -> DatasetDict:
        held = int(test_size if test_size >= 1 else len(self) * test_size)
        return DatasetDict(train=self.skip(held), test=self.take(held))


class DatasetDict(dict[str, Dataset]):
    """The splits; what is asked of it is asked of each."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(Dataset, name):
            raise AttributeError(name)

        def each(*args: Any, **kwargs: Any) -> DatasetDict:
            return DatasetDict({k: getattr(v, name)(*args, **kwargs) for k, v in self.items()})

        return each

    @property
    def column_names(self) -> dict[str, list[str]]:
        return {split: table.column_names for split, table in self.items()}


def _columns(rows: Sequence[Row], names: Sequence[str]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in names}


def _rows(columns: Mapping[str, Sequence[Any]]) -> list[Row]:
    values = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in values]
