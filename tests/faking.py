"""A process in which data and packages stand in, for the length of a test."""

from __future__ import annotations

import random
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NoReturn

import pytest
import torch

from gradcheck_gan.stand_ins.faking import FakeData
from gradcheck_gan.stand_ins.overlay import Overlay

TOPS = {"PIL", "datasets", "torchaudio", "torchvision"}


@contextmanager
def faked(monkeypatch: pytest.MonkeyPatch, layer: Overlay | None = None) -> Iterator[FakeData]:
    """Nothing may be fetched, and what was imported is forgotten afterwards."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    before = forgotten()
    try:
        with FakeData(layer) as faking:
            yield faking
    finally:
        forgotten()
        sys.modules.update(before)


def forgotten() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] in TOPS]
    return {name: sys.modules.pop(name) for name in names}


def states() -> tuple[Any, ...]:
    """Of every generator that a script may draw from."""
    import numpy as np

    of_numpy = np.random.get_state(legacy=False)
    return torch.get_rng_state().tolist(), str(of_numpy), random.getstate()
