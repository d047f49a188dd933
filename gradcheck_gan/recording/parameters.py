"""Parameters of the run, the deposits in them, and what became of their gradient."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch.nn.parameter import is_lazy

from gradcheck_gan.recording.contents import (
    bounds_of,
    dense_of,
    entries_of,
    entry_at,
    has_any,
    probe_of,
)
from gradcheck_gan.recording.nodes import Node, WeakTable, storage_key
from gradcheck_gan.recording.patches import own_hook_ids
from gradcheck_gan.recording.states import (
    Content,
    Looked,
    State,
    is_cleared,
    is_hooked,
    is_still_nonzero,
    is_touched,
    shape_of,
)
from gradcheck_gan.recording.unseen import readable
from gradcheck_gan.run import Deposit

KEEPS_ITSELF = frozenset({"zero_", "detach_"})
"""In-place changes of `.grad` that are seen by value, or are none."""

Gradient = str
"""`none`, `zero`, `nonzero` or `nonfinite`."""


_NOTHING, _UNSEEN = Content(0, ()), Content(1, ())


class Parameters:
    """Identities, accumulation hooks and gradient states. Holds parameters weakly."""

    def __init__(
        self,
        deposited: Callable[[int, Deposit], None],
        guarded: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._guarded = guarded
        self.states: dict[int, State] = {}
        self._ids = WeakTable()
        self._storages: dict[int, int] = {}
        self._deposited = deposited
        self.on_write: Callable[[int, Node], None] | None = None
        self.clipped: dict[int, tuple[float, float]] = {}
        self.memories: dict[int, int] = {}
        self.follows_scale = False
        self.accounted: set[int] = set()

    def known(self, tensor: torch.Tensor) -> int | None:
        identity: int | None = self._ids.get(tensor)
        return identity

    def identify(self, tensor: torch.Tensor) -> int:
        known = self._ids.get(tensor)
        if known is not None:
            return int(known)
        identity = len(self.states) + 1
        self._ids.set(tensor, identity)
        self.states[identity] = State(weakref.ref(tensor), shape=shape_of(tensor))
        key = storage_key(tensor)
        if key is not None:
            self._storages[key] = identity
        return identity

    def items(self) -> list[tuple[torch.Tensor, int]]:
        return self._ids.items()

    def living(self) -> list[torch.Tensor]:
        return [parameter for parameter, _ in self._ids.items()]

    def watch_living(self) -> None:
        for parameter in self.living():
            self.watch(parameter)

    def watch(self, tensor: torch.Tensor) -> None:
        """Hook the accumulation of gradient into a leaf, once."""
        identity = self._ids.get(tensor)
        state = self.states[identity]
        if state.hook is not None or not tensor.requires_grad or not tensor.is_leaf:
            return
        if is_lazy(tensor):
            return  # hooked once its first forward has given it content

        def accumulated(parameter: torch.Tensor) -> None:
            with self._guarded():
                if identity not in self.accounted:
                    self._accumulated(identity, parameter)

        register: Any = tensor.register_post_accumulate_grad_hook
        with own_hook_ids():
            state.hook = register(accumulated)

    def unhook(self) -> None:
        for state in self.states.values():
            if state.hook is not None:
                state.hook.remove()
                state.hook = None

    def written(self, key: int, node: Node) -> None:
        identity = self._storages.get(key)
        if identity is None or self.on_write is None:
            return
        parameter = self.states[identity].reference()
        if parameter is not None and storage_key(parameter) == key:
            self.on_write(identity, node)

    def about_to_write(self, identity: int | None) -> None:
        if identity is not None:
            self.states[identity].before = self.content(identity)

    def looked_at_write(self, identity: int) -> tuple[Content, Content]:
        """Before and after a write; empty, and not hidden, where nobody looked before."""
        state = self.states[identity]
        before, state.before = state.before, None
        after = self.content(identity)
        return (before, after) if before and after else (_NOTHING, _UNSEEN)

    def content(self, identity: int, *, look: bool = True) -> Content | None:
        """None of a parameter that died, or keeps no version."""
        state = self.states[identity]
        parameter = state.reference()
        try:
            version = -1 if parameter is None else parameter._version
        except RuntimeError:
            return None  # made in inference mode
        if parameter is None or (look and is_lazy(parameter)):
            return None
        return Content(version, entries_of(parameter, state.lively) if look else ())

    def account(self, identity: int, parameter: torch.Tensor) -> None:
        """Take note of a gradient that has just arrived, before its hook comes to it."""
        state, gradient = self.states[identity], parameter.grad
        if gradient is None or state.hook is None:
            return
        dense = dense_of(gradient)
        lies_there = state.outstanding and bounds_of(dense) == state.bounds
        if not lies_there or (state.probe and entry_at(dense, state.probe[0]) != state.probe[1]):
            self._accumulated(identity, parameter)
            self.accounted.add(identity)

    def _accumulated(self, identity: int, parameter: torch.Tensor) -> None:
        state = self.states[identity]
        gradient = parameter.grad
        if gradient is None:
            return
        state.deposits += 1
        state.used = False
        before, probed = state.bounds, state.probe
        state.unknown = state.unknown or not readable(gradient)
        dense = dense_of(gradient)
        low, high = bounds_of(dense)
        unchanged = False
        if state.outstanding and not state.unknown:
            unchanged = before == (low, high) and (
                probed is None or entry_at(dense, probed[0]) == probed[1]
            )
        state.bounds = (low, high)
        state.was_zero = low == 0.0 and high == 0.0
        state.probe = None if state.was_zero else probe_of(dense)
        state.lively = state.lively or (state.probe[0] if state.probe else 0)
        state.entry = state.probe[1] if state.probe else 0.0
        hooked = is_hooked(parameter)
        state.touched = state.touched or hooked
        state.outstanding = True
        magnitude = max(-low, high)
        finite = magnitude - magnitude == 0.0
        zero = finite and (state.was_zero or unchanged)
        self._deposited(identity, Deposit(zero, finite, magnitude, hooked))

    def look(self, among: Iterable[int] | None = None) -> Looked:
        """Find, by value, whose gradient was cleared or written by hand since the last look."""
        found = Looked()
        for identity in self.states if among is None else among:
            state = self.states[identity]
            parameter = state.reference()
            if parameter is None or not parameter.is_leaf:
                continue
            gradient = parameter.grad
            if not state.outstanding:
                self._look_at_fresh(identity, state, gradient, found)
            elif gradient is None or (not state.was_zero and is_cleared(gradient, state)):
                found.cleared.add(identity)
                state.outstanding, state.unknown, state.probe = False, False, None
                state.touched = False
            elif self.follows_scale:
                state.touched = state.touched or is_touched(gradient, state)
            if state.unknown:
                found.unknown.add(identity)
        return found

    def _look_at_fresh(
        self, identity: int, state: State, gradient: torch.Tensor | None, found: Looked
    ) -> None:
        if gradient is None or (state.unknown and not has_any(gradient)):
            state.unknown = False
        elif not state.unknown and state.hook is not None and has_any(gradient):
            state.unknown = True  # a gradient that no pass deposited: written by hand

    def beyond(self, identity: int) -> float:
        """How far the parameter's values lie outside the bounds that it is clipped to."""
        parameter = self.states[identity].reference()
        if parameter is None or identity not in self.clipped:
            return 0.0
        (lower, upper), (low, high) = self.clipped[identity], bounds_of(parameter.detach())
        rounding = 1e-5 * max((abs(b) for b in (lower, upper) if abs(b) < math.inf), default=0.0)
        distance = max(lower - low, high - upper)
        return distance if distance > rounding else 0.0

    def unlook(self, cleared: Iterable[int]) -> None:
        """What a look found cleared is to be found again: the look was none of the user's."""
        for identity in cleared:
            state = self.states[identity]
            state.outstanding, state.was_zero = True, False

    def changed_by_hand(self, identity: int) -> None:
        self.states[identity].unknown = True

    def rewritten(self, identity: int, operation: str, *, keeps: bool) -> None:
        """A gradient that a step has used already is kept on purpose, as a momentum, if it is
        scaled: nothing is known of it then, as of one that comes from elsewhere."""
        used = self.states[identity].used and operation not in KEEPS_ITSELF
        if used or not keeps:
            self.changed_by_hand(identity)

    def stepped(self, identity: int) -> None:
        self.states[identity].used = True

    def touched(self, identities: Iterable[int]) -> frozenset[int]:
        """Those whose gradient the script has changed since, or as, a pass deposited it."""
        return frozenset(i for i in identities if self.states[i].touched)

    def settle(self, identities: Iterable[int]) -> None:
        """A change of these gradients is known and accounted for."""
        for state in map(self.states.__getitem__, identities):
            gradient = state.gradient
            if gradient is not None and state.probe is not None:
                state.entry = entry_at(dense_of(gradient), state.probe[0])

    def look_closely(self, identities: Iterable[int]) -> None:
        """Before such a change: whether there was another one already."""
        for state in map(self.states.__getitem__, identities):
            gradient = state.gradient
            if gradient is not None:
                state.touched = state.touched or is_touched(gradient, state)

    def gradient(self, identity: int) -> Gradient:
        parameter = self.states[identity].reference()
        gradient = None if parameter is None else parameter.grad
        if gradient is None:
            return "none"
        state, dense = self.states[identity], dense_of(gradient)
        if state.outstanding and is_still_nonzero(dense, state):
            return "nonzero"
        low, high = bounds_of(dense)
        if low == 0.0 and high == 0.0:
            return "zero"
        return "nonzero" if high - low - (high - low) == 0.0 else "nonfinite"
