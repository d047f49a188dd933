"""Steps that no optimizer of torch's takes: parameters moved by hand along their own gradient."""

from __future__ import annotations

import sys
import weakref
from collections import deque
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

import torch

from gradcheck_gan.recording.entered import held_by
from gradcheck_gan.recording.frames import (
    Place,
    line_of,
    site_of,
    user_chain,
    user_frame,
    user_place,
)
from gradcheck_gan.recording.keys import Key
from gradcheck_gan.recording.leadin import LONG
from gradcheck_gan.recording.naming import variables_of
from gradcheck_gan.recording.nodes import Node
from gradcheck_gan.recording.states import Looked
from gradcheck_gan.run import Step

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder

_LOOKED_THROUGH = 200
"""Values behind a write in which a gradient is looked for; a hand-written Adam has about 20."""


_SOMEBODY = Key("somebody")
"""Stands for an optimizer that is waited for while only one player has been moved by hand."""


class Mover:
    """What moves these parameters: an optimizer that torch does not know, or lines of the script.

    It holds the parameters weakly, and reads like an optimizer.
    """

    def __init__(self, owner: Any) -> None:
        self.told_class = "update by hand" if owner is None else type(owner).__name__
        self._held: dict[int, weakref.ref[torch.Tensor]] = {}

    def add(self, identity: int, parameter: torch.Tensor) -> None:
        self._held[identity] = weakref.ref(parameter)

    def shares(self, identities: set[int]) -> int:
        return len(self._held.keys() & identities)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        held = (reference() for reference in self._held.values())
        return [{"params": [parameter for parameter in held if parameter is not None]}]


@dataclass
class Move:
    """Reads of gradients, and writes that use them, that follow each other in one function.

    `steps` tells that `owner`, an optimizer, was told to step. `reads` are the places where the
    gradient of a parameter was asked for, `missing` those of parameters that had none.
    """

    lines: tuple[CodeType, tuple[Place, ...]]
    chain: tuple[Place, ...]
    owner: Any
    steps: bool
    round: int
    looked: Looked | None = None
    gradients: dict[int, Any] = field(default_factory=dict)
    reads: dict[int, set[Place]] = field(default_factory=dict)
    missing: dict[int, set[Place]] = field(default_factory=dict)


class ByHand:
    """A move ends where the next pass begins, where an optimizer steps, or at another's move.

    Where one player was moved, another whose gradient is asked for at the same place, and is not
    there, was to be moved as well: a step on nothing.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._open: Move | None = None
        self._movers: list[Mover] = []
        self._places: set[Place] = set()
        self._held: set[int] | None = None
        self._closed: Mover | None = None

    def read(self, identity: int | None, frame: FrameType, *, found: bool) -> None:
        """The script asked for a parameter's gradient; it may be about to move it."""
        if identity is None or identity in self._stepped_by_torch():
            return
        move, place = self._entered(), user_place(frame)
        if move is not None and place is not None:
            (move.reads if found else move.missing).setdefault(identity, set()).add(place)

    def written(self, identity: int, node: Node) -> None:
        if identity in self._stepped_by_torch() or not self._uses_own_gradient(identity, node):
            return
        move = self._entered()
        if move is not None:
            with self._recorder.pausing():
                move.looked = move.looked or self._recorder.parameters.look()
                state = self._recorder.parameters.gradient(identity)
                move.gradients.setdefault(identity, state)

    def with_somebody(self, living: set[Key]) -> set[Key]:
        """Nobody announces a player that is moved by hand before it moves."""
        recorder = self._recorder
        if len(living) > 1 or recorder.steps >= LONG or not recorder.of_script:
            return living
        waits = self._movers or any(map(self._is_unknown, recorder.names.things()))
        return living | {_SOMEBODY} if waits else living

    def _is_unknown(self, thing: Any) -> bool:
        """An optimizer whose class does not call torch's, for parameters that no other steps."""
        if not isinstance(thing, torch.optim.Optimizer):
            return False
        held = {self._recorder.parameters.known(parameter) for parameter in held_by(thing)}
        return bool(held) and held.isdisjoint(self._stepped_by_torch())

    def _entered(self) -> Move | None:
        owner, steps, frame = _owner(user_frame(sys._getframe(2)))
        chain = user_chain(frame)
        if not chain or self._recorder.lead_in.is_remainder():
            return None
        lines = chain[0][0], chain[1:]
        move = self._open
        if move is None or (move.lines, move.owner) != (lines, owner):
            self._closed = self._recorder.attempt(self.close) or self._closed
            rounds = self._recorder.current_round
            move = self._open = Move(lines, chain, owner, steps, rounds)
        return move

    def _uses_own_gradient(self, identity: int, node: Node) -> bool:
        deposits = self._recorder.parameters.states[identity].deposits
        pending, seen = deque([node]), 0
        while pending and seen < _LOOKED_THROUGH:
            node, seen = pending.popleft(), seen + 1
            if node.kind == "grad":
                if node.parameter == identity and node.constant == deposits:
                    return True
            else:
                pending.extend(source for source, _ in node.inputs)
        return False

    def _stepped_by_torch(self) -> set[int]:
        if self._held is None:
            recorder = self._recorder
            known = [o for o, _ in recorder.optimizers.items() if not isinstance(o, Mover)]
            held = (recorder.parameters.known(p) for o in known for p in held_by(o))
            self._held = {identity for identity in held if identity is not None}
        return self._held

    def end(self) -> None:
        """The same as the return of an optimizer's step: here the script may be stopped."""
        mover, self._closed = self._recorder.attempt(self.close) or self._closed, None
        if mover is not None:
            self._recorder.stepped(mover)

    def close(self) -> Mover | None:
        """Make one step of the writes that came last; who made them, if there were any."""
        move, self._open, self._held = self._open, None, None
        if move is None:
            return None
        recorder = self._recorder
        for identity in move.gradients:
            self._places |= move.reads.get(identity, set())
        for identity, places in move.missing.items():
            if move.steps or places & self._places:
                move.gradients.setdefault(identity, "none")
        if not move.gradients:
            return None
        with recorder.pausing():
            looked = move.looked or recorder.parameters.look()
            mover = self._mover(move)
            event = Step(
                order=recorder.graph.clock.tick(),
                round=move.round,
                optimizer=recorder.optimizers.identify(mover),
                location=recorder.locator.at(move.chain[0]),
                site=site_of(move.chain),
                gradients=move.gradients,
                cleared=frozenset(looked.cleared),
                unknown=frozenset(looked.unknown),
            )
        for identity in event.gradients:
            recorder.parameters.stepped(identity)
        recorder.optimizer_stepped(mover, event)
        return mover

    def _mover(self, move: Move) -> Mover:
        """The one that moved these parameters before, in other rounds."""
        recorder = self._recorder
        identities = set(move.gradients)
        found = max(self._movers, key=lambda mover: mover.shares(identities), default=None)
        if found is None or not found.shares(identities):
            found = Mover(move.owner)
            self._movers.append(found)
            recorder.names.survey(sys._getframe(1))
            recorder.names.give(found, recorder.names.get(move.owner) or _told(move))
        for identity in identities:
            parameter = recorder.parameters.states[identity].reference()
            if parameter is not None:
                found.add(identity, parameter)
        return found


def _told(move: Move) -> str:
    code, offset = move.chain[0]
    if move.owner is not None:
        return type(move.owner).__name__
    name = code.co_name
    return f"line {line_of(code, offset)}" if name.startswith("<") else f"{name}()"


def _owner(frame: FrameType | None) -> tuple[Any, bool, FrameType | None]:
    """The optimizer whose own method moves, whether that is `step`, and who called it; else the
    frame that moves."""
    outer = frame
    while outer is not None:
        owner = _self_of(outer)
        if isinstance(owner, torch.optim.Optimizer):
            method = ""
            while outer is not None and _self_of(outer) is owner:
                method = outer.f_code.co_name
                outer = user_frame(outer.f_back)
            return owner, method == "step", outer
        outer = user_frame(outer.f_back)
    return None, False, frame


def _self_of(frame: FrameType) -> Any:
    code = frame.f_code
    is_method = code.co_argcount > 0 and code.co_varnames[0] == "self"
    return variables_of(frame).get("self") if is_method else None
