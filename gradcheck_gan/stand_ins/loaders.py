"""Data is loaded in this process, as workers would have loaded it, and in batches not too large."""

from __future__ import annotations

import functools
import random
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils.data import DataLoader, dataloader
from torch.utils.data._utils import worker as torch_worker

_AHEAD = 2
"""Batches for each worker that torch has chosen the samples of before they are asked for."""


class Loaders:
    """Says in the report what was different."""

    def __init__(self, batch_size: int | None) -> None:
        self._largest = batch_size
        self._capped: dict[int, None] = {}

    def install(self) -> None:
        loader: Any = DataLoader
        if self._largest is not None:
            loader.__init__ = self._capping(loader.__init__)
        patched: Any = dataloader
        plain = patched._MultiProcessingDataLoaderIter
        # Errors and profiles name the class.
        InTurn.__name__, InTurn.__qualname__ = plain.__name__, plain.__qualname__
        InTurn.__module__ = plain.__module__
        patched._MultiProcessingDataLoaderIter = InTurn

    def told(self) -> tuple[str, ...]:
        notes = []
        if self._capped:
            sizes = ", ".join(map(str, self._capped))
            notes.append(f"--batch-size: batches of {sizes} were cut to {self._largest}.")
        return tuple(notes)

    def _capping(self, original: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(original)
        def __init__(loader: Any, dataset: Any, *args: Any, **kwargs: Any) -> None:
            if args and self._is_too_large(args[0]):
                args = (self._largest, *args[1:])
            elif self._is_too_large(kwargs.get("batch_size")):
                kwargs["batch_size"] = self._largest
            original(loader, dataset, *args, **kwargs)
            if loader.batch_size is None and loader.batch_sampler is not None:
                # DataLoader refuses to have it set, but by itself.
                vars(loader)["batch_sampler"] = Cut(loader.batch_sampler, self._note)

        return __init__

    def _is_too_large(self, size: Any) -> bool:
        too_large = isinstance(size, int) and self._largest is not None and size > self._largest
        if too_large:
            self._capped[size] = None
        return too_large

    def _note(self, batch: list[Any]) -> list[Any]:
        return batch[: self._largest] if self._is_too_large(len(batch)) else batch


class Cut:
    """A batch sampler whose batches are cut."""

    def __init__(self, inner: Any, cut: Callable[[list[Any]], list[Any]]) -> None:
        self._inner, self._cut = inner, cut

    def __iter__(self) -> Iterator[Any]:
        for batch in self._inner:
            yield self._cut(list(batch))

    def __len__(self) -> int:
        return len(self._inner)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Worker:
    """What a worker process would have for itself: random state, and its place in the data."""

    def __init__(self, loader: InTurn, number: int, of: Any) -> None:
        seed = loader.base_seed + number
        self._info = torch_worker.WorkerInfo(
            id=number, num_workers=of.num_workers, seed=seed, dataset=loader.dataset
        )
        self._states: tuple[Any, ...] | None = None
        self._fetcher: Any = None
        with self._at_work():
            _seed(loader.base_seed, number)
            if of.worker_init_fn is not None:
                of.worker_init_fn(number)
            self.begin(loader)

    def begin(self, loader: InTurn) -> None:
        self.ended = False
        create: Any = dataloader._DatasetKind.create_fetcher
        self._fetcher = create(*loader.fetching)

    def fetch(self, index: Any) -> Any:
        with self._at_work():
            return self._fetcher.fetch(index)

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        outside, known = _states(), torch_worker._worker_info
        if self._states is not None:
            _restore(self._states)
        torch_worker._worker_info = self._info
        try:
            yield
        finally:
            self._states = _states()
            torch_worker._worker_info = known
            _restore(outside)


class InTurn(dataloader._BaseDataLoaderIter):
    """Gives what worker processes give, without the processes."""

    def __init__(self, loader: Any) -> None:
        super().__init__(loader)
        self.base_seed = int(self._base_seed)
        self.dataset = self._dataset
        self.fetching = (
            self._dataset_kind,
            self._dataset,
            self._auto_collation,
            self._collate_fn,
            self._drop_last,
        )
        self._ahead: int = (loader.prefetch_factor or _AHEAD) * loader.num_workers
        self._workers = [Worker(self, n, loader) for n in range(loader.num_workers)]
        self._choose()

    def _reset(self, loader: Any, first_iter: bool = False) -> None:
        super()._reset(loader, first_iter)
        for worker in self._workers:
            worker.begin(self)
        self._choose()

    def _choose(self) -> None:
        self._turn = 0
        self._chosen: deque[tuple[Worker, Any]] = deque()
        for _ in range(self._ahead):
            self._choose_next()

    def _choose_next(self) -> None:
        for _ in self._workers:
            worker = self._workers[self._turn % len(self._workers)]
            if not worker.ended:
                break
            self._turn += 1
        else:
            return
        try:
            index = self._next_index()  # type: ignore[no-untyped-call]
        except StopIteration:
            return
        self._turn += 1
        self._chosen.append((worker, index))

    def _next_data(self) -> Any:
        while self._chosen:
            worker, index = self._chosen.popleft()
            if worker.ended:
                continue
            try:
                data = worker.fetch(index)
            except StopIteration:
                worker.ended = True
                self._choose_next()
                continue
            self._choose_next()
            return data
        raise StopIteration


def _seed(base: int, number: int) -> None:
    random.seed(base + number)
    torch.default_generator.manual_seed(base + number)
    try:
        import numpy as np
    except ImportError:
        return
    generate: Any = torch_worker._generate_state
    np.random.seed(generate(base, number))


def _states() -> tuple[Any, ...]:
    try:
        import numpy as np
    except ImportError:
        return random.getstate(), torch.default_generator.get_state()
    return random.getstate(), torch.default_generator.get_state(), np.random.get_state()


def _restore(states: tuple[Any, ...]) -> None:
    random.setstate(states[0])
    torch.default_generator.set_state(states[1])
    if len(states) > 2:
        import numpy as np

        np.random.set_state(states[2])
