"""Processes that a script starts by torch.multiprocessing, to train in them."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch.multiprocessing

from gradcheck_gan.recording.patches import replaced


@contextmanager
def watched_spawning(
    instead: Callable[[Any, int], Any], joined: Callable[[], None]
) -> Iterator[None]:
    """Start `instead(function, count)` in the place of a function; call `joined` when all are back.

    Forked processes are left alone: they are copies of this one as it stands.
    """
    module: Any = importlib.import_module("torch.multiprocessing.spawn")

    def starting(original: Any) -> Any:
        @functools.wraps(original)
        def start_processes(
            fn: Any, args: Any = (), nprocs: int = 1, *rest: Any, **how: Any
        ) -> Any:
            method = how.get("start_method", rest[2] if len(rest) > 2 else "spawn")
            called = instead(fn, nprocs) if method == "spawn" else fn
            return original(called, args, nprocs, *rest, **how)

        return start_processes

    def joining(original: Any) -> Any:
        @functools.wraps(original)
        def join(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(self, *args, **kwargs)
            if result:
                joined()
            return result

        return join

    with ExitStack() as stack:
        stack.enter_context(replaced(module, "start_processes", starting))
        stack.enter_context(replaced(torch.multiprocessing, "start_processes", starting))
        stack.enter_context(replaced(module.ProcessContext, "join", joining))
        yield
