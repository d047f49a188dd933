"""Steps that are running, and which of them are one."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import torch
from torch.optim import optimizer as torch_optimizer

from gradcheck_gan.recording.frames import Place
from gradcheck_gan.recording.nodes import Node
from gradcheck_gan.recording.states import Content, Looked


@dataclass
class Entered:
    """A step that is running; a closure makes the ledger be read when it returns, or, once `read`,
    when a step inside it began to use the gradient. `inside` is the step that it is a part of,
    `last_pass` the one before it."""

    optimizer: Any
    chain: tuple[Place, ...]
    closure: bool
    looked: Looked
    gradients: dict[int, Any]
    contents: dict[int, Content]
    left: bool = False
    read: bool = False
    inside: Entered | None = None
    last_pass: Node | None = None
    figures: dict[int, tuple[float, ...]] = field(default_factory=dict)


def held_by(optimizer: Any) -> list[torch.Tensor]:
    return [
        parameter
        for group in getattr(optimizer, "param_groups", ())
        for parameter in group["params"]
        if isinstance(parameter, torch.Tensor)
    ]


def outer_of(optimizer: Any, entered: Iterable[Entered]) -> Entered | None:
    """The running step that this one is a part of.

    That is the outermost one of a parameter of its own; any other optimizer's step is one for
    itself if a closure of the script's runs it, and a part of the step around it if not.
    """
    mine = {id(parameter) for parameter in held_by(optimizer)}
    entered = list(entered)
    for entry in entered:
        if not entry.closure or any(id(p) in mine for p in held_by(entry.optimizer)):
            return entry.inside or entry
    return None


def is_running(optimizer: Any) -> bool:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if (
            frame.f_code.co_name == "wrapper"
            and frame.f_code.co_filename == torch_optimizer.__file__
        ):
            if any(value is optimizer for value in frame.f_locals.values()):
                return True
            if any(value and value[0] is optimizer for value in (frame.f_locals.get("args"),)):
                return True
        frame = frame.f_back
    return False
