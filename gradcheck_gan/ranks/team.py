"""Who trains together, as launchers tell it to every process."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass

_NAMES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")


@dataclass(frozen=True, slots=True)
class Team:
    """This process and those on the same machine that train with it; they meet in `folder`."""

    rank: int
    ranks: tuple[int, ...]
    folder: str

    @property
    def others(self) -> tuple[int, ...]:
        return tuple(rank for rank in self.ranks if rank != self.rank)


def joined(environment: Mapping[str, str]) -> Team | None:
    """The team that a launcher such as torchrun has put this process in, if there are several."""
    numbers = {name: _number(environment.get(name)) for name in _NAMES}
    rank, world = numbers["RANK"], numbers["WORLD_SIZE"]
    if rank is None or world is None or world < 2 or "MASTER_PORT" not in environment:
        return None
    here, local = numbers["LOCAL_WORLD_SIZE"] or world, numbers["LOCAL_RANK"]
    first = rank - (rank if local is None else local)
    ranks = tuple(range(first, min(first + here, world)))
    return Team(rank, ranks, _folder(environment)) if len(ranks) > 1 else None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _folder(environment: Mapping[str, str]) -> str:
    """The same for all ranks of one launch, and for no other."""
    names = ("MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "GROUP_RANK")
    launch = ("TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT")
    told = [environment.get(name, "") for name in (*names, *launch)]
    if environment.get(launch[0]):
        told.append(str(os.getppid()))  # the agent; an earlier one may have had the same port
    key = hashlib.sha1("|".join(told).encode(), usedforsecurity=False).hexdigest()[:16]
    user = os.getuid() if hasattr(os, "getuid") else 0
    return os.path.join(tempfile.gettempdir(), f"gradcheck-gan-ranks-{user}-{key}")
