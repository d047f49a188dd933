"""What a script is told of a graphics card that is not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

NOTHING = (
    "init",
    "ipc_collect",
    "reset_max_memory_allocated",
    "reset_max_memory_cached",
    "reset_peak_memory_stats",
    "set_device",
    "set_per_process_memory_fraction",
    "synchronize",
)
"""Calls of `torch.cuda` that fail without a card, and that change nothing on the CPU."""

_MEMORY = 16 * 2**30


class Event:
    """On the CPU everything has happened when a call returns."""

    def __init__(self, *_: Any, **__: Any) -> None:
        return None

    def record(self, stream: object = None) -> None:
        return None

    wait = record

    def query(self) -> bool:
        return True

    def synchronize(self) -> None:
        return None

    def elapsed_time(self, end_event: object) -> float:
        return 0.0


class Stream(Event):
    def record_event(self, event: Event | None = None) -> Event:
        return event or Event()

    wait_event = wait_stream = Event.record

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *exception: object) -> None:
        return None


def _properties(*_: Any) -> SimpleNamespace:
    return SimpleNamespace(
        name="cpu", major=0, minor=0, total_memory=_MEMORY, multi_processor_count=1
    )


def _rng_state(*_: Any) -> Any:
    import torch

    return torch.get_rng_state()


def _seed(*_: Any) -> int:
    import torch

    return torch.initial_seed()


def _told(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value


ANSWERS: Mapping[str, Callable[..., Any]] = {
    "current_device": _told(0),
    "get_device_name": _told("cpu"),
    "get_device_capability": _told((0, 0)),
    "get_device_properties": _properties,
    "get_rng_state": _rng_state,
    "initial_seed": _seed,
    "mem_get_info": _told((_MEMORY, _MEMORY)),
    "memory_summary": _told(""),
    "can_device_access_peer": _told(False),
    "current_stream": Stream,
    "default_stream": Stream,
    "Event": Event,
    "Stream": Stream,
    "_exchange_device": _told(-1),
    "_maybe_exchange_device": _told(-1),
}


def disguised(plain: Any, make: Callable[..., Any], *, instances: bool = True, **names: str) -> Any:
    """A class whose calls are `make`'s, and whose instances are those of `plain`, or none."""

    class Disguise(type):
        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            return make(*args, **kwargs)

        def __instancecheck__(cls, instance: object) -> bool:
            return instances and isinstance(instance, plain)

        def __getattr__(cls, name: str) -> Any:
            return getattr(plain, name)

    made = Disguise(names.get("name", plain.__name__), (), {"__doc__": plain.__doc__})
    made.__module__ = names.get("module", plain.__module__)
    made.__qualname__ = names.get("name", plain.__qualname__)
    return made
