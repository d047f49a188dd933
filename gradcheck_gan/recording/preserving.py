"""Put back what computing a loss moves: gradients, buffers and random state."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.nn.parameter import is_lazy

from gradcheck_gan.recording.patches import own_hook_ids


class Copy:
    """A tensor's content and version: with both back, graphs that saved it stay valid."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self._tensor = tensor
        self._content = tensor.detach().clone()
        self._version = None if tensor.is_inference() else tensor._version

    def restore(self) -> None:
        tensor = self._tensor
        if tensor.shape != self._content.shape or tensor.device != self._content.device:
            tensor.data = self._content
        elif tensor.layout is not torch.strided or not torch.equal(tensor, self._content):
            tensor.data.copy_(self._content)
        if self._version is not None and tensor._version != self._version:
            _set_version(tensor, self._version)


def _set_version(tensor: torch.Tensor, version: int) -> None:
    """`_unsafe_preserve_version_counter` sets what it found; torch 2.4 took no tuple."""
    autograd: Any = torch.autograd
    guard = autograd._unsafe_preserve_version_counter(tensor)
    if hasattr(guard, "prev_versions"):
        guard.prev_versions = (version,)
    else:
        guard.prev_version = version
    guard.__exit__(None, None, None)


class Preserved:
    """Gradients and buffers of every module that is known beforehand or called meanwhile."""

    def __init__(self, things: Iterable[Any]) -> None:
        self._seen: set[int] = set()
        self._modules: list[tuple[torch.nn.Module, dict[str, Any]]] = []
        self._copies: list[Copy] = []
        self._gradients: list[tuple[torch.Tensor, torch.Tensor | None, Copy | None]] = []
        for thing in things:
            if isinstance(thing, torch.nn.Module):
                self.take(thing)
            elif isinstance(thing, torch.Tensor):
                self._take_gradient(thing)
            elif isinstance(thing, torch.optim.Optimizer):
                for group in thing.param_groups:
                    self._take_gradients(group["params"])

    def take(self, module: torch.nn.Module) -> None:
        for each in module.modules():
            if id(each) in self._seen:
                continue
            self._seen.add(id(each))
            buffers = dict(each._buffers)
            self._modules.append((each, buffers))
            held = (buffer for buffer in buffers.values() if buffer is not None)
            self._copies += [Copy(buffer) for buffer in held if not is_lazy(buffer)]
            self._take_gradients(each.parameters(recurse=False))

    def _take_gradients(self, tensors: Iterable[torch.Tensor]) -> None:
        for tensor in tensors:
            self._take_gradient(tensor)

    def _take_gradient(self, tensor: torch.Tensor) -> None:
        if id(tensor) in self._seen or not tensor.is_leaf:
            return
        self._seen.add(id(tensor))
        gradient = tensor.grad
        self._gradients.append((tensor, gradient, None if gradient is None else Copy(gradient)))

    def restore(self) -> None:
        for module, buffers in self._modules:
            if any(module._buffers.get(name) is not held for name, held in buffers.items()):
                module._buffers.update(buffers)
        for copy in self._copies:
            copy.restore()
        self.restore_gradients()

    def restore_gradients(self) -> None:
        for tensor, gradient, copy in self._gradients:
            if tensor.grad is not gradient:
                tensor.grad = gradient
            if copy is not None:
                copy.restore()


@contextmanager
def preserving(
    things: Iterable[Any], is_step: Callable[[], bool], paused: Callable[[], Any]
) -> Iterator[Preserved]:
    """Everything as it was, unless the user's code turned out to train for real."""
    with paused():
        preserved = Preserved(things)
        state = _random_state()

    def called(module: torch.nn.Module, arguments: Any) -> None:
        with paused():
            preserved.take(module)

    with own_hook_ids():
        hook = register_module_forward_pre_hook(called)
    try:
        yield preserved
    finally:
        hook.remove()
        if not is_step():
            with paused(), torch.no_grad():
                preserved.restore()
                _set_random_state(state)


def _random_state() -> dict[str, Any]:
    state = {"python": random.getstate(), "torch": torch.get_rng_state()}
    cuda: Any = torch.cuda
    if cuda.is_initialized():
        state["cuda"] = torch.cuda.get_rng_state_all()
    if torch.backends.mps.is_available():
        state["mps"] = torch.mps.get_rng_state()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        state["numpy"] = numpy.random.get_state()
    return state


def _set_random_state(state: dict[str, Any]) -> None:
    random.setstate(state["python"])
    torch.set_rng_state(state["torch"])
    if "cuda" in state:
        torch.cuda.set_rng_state_all(state["cuda"])
    if "mps" in state:
        torch.mps.set_rng_state(state["mps"])
    if "numpy" in state:
        sys.modules["numpy"].random.set_state(state["numpy"])
