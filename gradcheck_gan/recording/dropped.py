"""Losses that the program computes and has no way to read: told by what its bytecode does next."""

from __future__ import annotations

import dis
import os
import re
from collections import Counter
from collections.abc import Iterator
from enum import Enum, auto
from functools import lru_cache
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

import torch

from gradcheck_gan.recording.frames import Place, user_frame
from gradcheck_gan.recording.nodes import Node
from gradcheck_gan.recording.slopes import is_made_of_slope

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder

_KEPT_PER_ROUND = 2
_KEPT = 64
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_TORCH = os.path.dirname(torch.__file__)
_PASSES_ON = (
    _PACKAGE,
    os.path.join(_TORCH, "overrides.py"),
    os.path.join(_TORCH, "nn", "modules", "module.py"),
)
"""Frames between a torch function and its caller that return what it returned."""

_NAMED = re.compile(r"^(?:LOAD|STORE|DELETE)_(?:FAST|NAME|GLOBAL|DEREF|CLOSURE|CLASSDEREF)")
_STORES_LOCALLY = re.compile(r"^STORE_(?:FAST|NAME)")
_ENDS = re.compile(
    r"^(?:RETURN_(?:VALUE|CONST)|RAISE_VARARGS|RERAISE|JUMP_(?:FORWARD|BACKWARD|ABSOLUTE|NO_))"
)
_FILLERS = frozenset({"NOP", "CACHE", "EXTENDED_ARG", "PRECALL"})
_LOOKUPS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_CLASSDEREF", "LOAD_DEREF"})
_SEES_ALL = frozenset({"locals", "vars", "globals", "eval", "exec", "dir"})


class Fate(Enum):
    """What becomes of the value that an instruction left."""

    DROPPED = auto()
    POPPED = auto()
    RETURNED = auto()
    USED = auto()


class Dropped:
    """Keeps the first few values of every place whose result nothing can read."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._kept: list[tuple[Node, int, Place, bool]] = []
        self._seen: Counter[tuple[CodeType, int, int]] = Counter()

    def made(self, result: Any, frame: FrameType) -> None:
        """A torch function returned; only what autograd made is looked at: scalars, and penalties
        that have a number for each sample."""
        if not isinstance(result, torch.Tensor) or not result.requires_grad:
            return
        each = result.dim() > 0
        if each and not (self._recorder.slopes.any and result.numel() == len(result)):
            return
        place = None if result.is_leaf else dropped_at(frame)
        node = None if place is None else self._recorder.graph.known(result)
        if place is None or node is None or (each and not is_made_of_slope(node)):
            return
        number = self._recorder.current_round
        seen = (*place, number)
        self._seen[seen] += 1
        if self._seen[seen] <= _KEPT_PER_ROUND and len(self._kept) < _KEPT:
            self._kept.append((node, number, place, each))

    def forget(self) -> None:
        self._kept.clear()
        self._seen.clear()

    def __iter__(self) -> Iterator[tuple[Node, int, Place, bool]]:
        return iter(self._kept)


def dropped_at(frame: FrameType | None) -> Place | None:
    """Where, in the user's code, the value that is being returned to `frame` is lost."""
    # A caller may hold it all the same: `losses.extend(map(loss_of, batches))` returns nothing.
    lost = {Fate.DROPPED, Fate.POPPED}
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_PASSES_ON):
            fate = _fate(frame.f_code, frame.f_lasti)
            if fate in lost and user_frame(frame) is frame:
                return frame.f_code, frame.f_lasti
            if fate is not Fate.RETURNED:
                return None
            lost = {Fate.DROPPED}
        frame = frame.f_back
    return None


_fates: dict[tuple[int, int], tuple[CodeType, Fate]] = {}


def _fate(code: CodeType, offset: int) -> Fate:
    # By identity: code objects are slow to hash. Held, so that no other takes over its number.
    known = _fates.get((id(code), offset))
    if known is None:
        known = _fates[id(code), offset] = code, fate_of(code, offset)
    return known[1]


def fate_of(code: CodeType, offset: int) -> Fate:
    """Follow the result of the call or operator that runs at `offset`.

    It is popped if it is not even stored, and dropped if it is stored under a name that no way
    through the code reads before it is given another value. Whatever may be read by other means
    counts as used.
    """
    flow = _flow_of(code)
    at = next((n for n, one in enumerate(flow.instructions) if one.offset > offset), None)
    if at is None:
        return Fate.USED
    found = flow.instructions[at]
    if found.opname == "RETURN_VALUE":
        return Fate.RETURNED
    if found.opname == "POP_TOP":
        return Fate.POPPED
    if not _STORES_LOCALLY.match(found.opname):
        return Fate.USED
    (_, name), *beside = _touches(found)
    if ("LOAD", name) in beside or _may_be_read_elsewhere(code, name):
        return Fate.USED
    return Fate.USED if flow.may_read(name, at) else Fate.DROPPED


class _Flow:
    """The ways through a code object, instruction by instruction."""

    def __init__(self, code: CodeType) -> None:
        self.instructions = [
            one for one in dis.get_instructions(code) if one.opname not in _FILLERS
        ]
        self._index = {one.offset: n for n, one in enumerate(self.instructions)}
        self._offsets = sorted(self._index)
        self._entered = self._reach(0, None)

    def may_read(self, name: str, stored: int) -> bool:
        """Whether a way from the store, or an exception's handler, leads to a read of the name."""
        after = self._reach(stored + 1, name)
        handlers = set(range(len(self.instructions))) - self._entered
        return any(("LOAD", name) in _touches(self.instructions[n]) for n in (after | handlers))

    def _reach(self, start: int, until: str | None) -> set[int]:
        """Instructions that can follow `start`, up to those that give `until` a new value."""
        seen: set[int] = set()
        pending = [start]
        while pending:
            at = pending.pop()
            if at in seen or at >= len(self.instructions):
                continue
            seen.add(at)
            one = self.instructions[at]
            if until is not None and any(
                kind != "LOAD" and name == until for kind, name in _touches(one)
            ):
                continue
            if one.opcode in dis.hasjrel or one.opcode in dis.hasjabs:
                pending.append(self._at(int(one.argval)))
            if not _ENDS.match(one.opname):
                pending.append(at + 1)
        return seen

    def _at(self, offset: int) -> int:
        """The instruction there, or the next one if it was left out as a filler."""
        while offset not in self._index and offset <= self._offsets[-1]:
            offset += 2
        return self._index.get(offset, len(self.instructions))


@lru_cache(maxsize=256)
def _flow_of(code: CodeType) -> _Flow:
    return _Flow(code)


def _touches(instruction: dis.Instruction) -> list[tuple[str, str]]:
    """Names that an instruction reads, writes or deletes; some do two things at once."""
    if not _NAMED.match(instruction.opname):
        return []
    kinds = re.findall("LOAD|STORE|DELETE", instruction.opname)
    held = instruction.argval
    names = held if isinstance(held, tuple) else (held,)
    return [(kind, str(name)) for kind, name in zip(kinds, names, strict=False)]


def _may_be_read_elsewhere(code: CodeType, name: str) -> bool:
    """By `locals()` and the like; a module's or a class's names also by the functions in it."""
    if not _SEES_ALL.isdisjoint(_looked_up(code)):
        return True
    if code.co_flags & 0x2:  # CO_NEWLOCALS: a function, whose names are its own
        return False
    if code.co_name != "<module>":
        return True
    return any(_mentions(inner, name) for inner in code.co_consts if isinstance(inner, CodeType))


def _mentions(code: CodeType, name: str) -> bool:
    return not (_SEES_ALL | {name}).isdisjoint(_looked_up(code)) or any(
        _mentions(inner, name) for inner in code.co_consts if isinstance(inner, CodeType)
    )


@lru_cache(maxsize=256)
def _looked_up(code: CodeType) -> frozenset[str]:
    """Names that are no attributes: `model.eval()` is not `eval`."""
    read = (one for one in dis.get_instructions(code) if one.opname in _LOOKUPS)
    return frozenset(str(one.argval) for one in read)
