"""The folder where the ranks of one machine tell each other how far they are."""

from __future__ import annotations

import json
import os
import shutil
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

from gradcheck_gan.ranks.team import Team
from gradcheck_gan.stand_ins.aside import aside


@dataclass(frozen=True, slots=True)
class Standing:
    """What a rank tells the others.

    `closed` counts its rounds, `held` is the round after which it waits for the others to stop, and
    `target` the one after which it wants all to stop. `ended` tells that its script is over,
    `how` with which status, and `left` that it wants nothing more of this folder.
    `refused` is why it ran nothing.
    """

    pid: int
    closed: int = 0
    held: int = 0
    target: int = 0
    ended: bool = False
    how: str = ""
    left: bool = False
    refused: str = ""


class BoardError(Exception):
    """The ranks cannot meet; the message is one sentence for the user."""


class Board:
    """Every rank writes files of its own alone, and replaces them whole."""

    def __init__(self, team: Team) -> None:
        self.team = team
        self.own = Standing(os.getpid())
        with aside:
            _made_private(team.folder)
            stale = [f"{team.rank}.record", *(["status", "writer"] if self._lost_writer() else [])]
            for name in stale:
                with suppress(OSError):
                    os.unlink(self._path(name))
        self.tell()

    def tell(self, **changes: int | bool | str) -> None:
        """Publish this rank's standing, with these changes."""
        self.own = replace(self.own, **changes)  # type: ignore[arg-type]
        self.put(f"{self.team.rank}.standing", json.dumps(asdict(self.own)))

    def standings(self) -> dict[int, Standing]:
        """Of the other ranks that have come, and are not dead."""
        found = {rank: self._standing(rank) for rank in self.team.others}
        return {rank: one for rank, one in found.items() if one is not None and _lives(one.pid)}

    def dead(self) -> list[int]:
        """Ranks that came, and whose process is no more."""
        found = {rank: self._standing(rank) for rank in self.team.others}
        return [rank for rank, one in found.items() if one is not None and not _lives(one.pid)]

    def put(self, name: str, text: str) -> None:
        path = self._path(name)
        with aside, suppress(OSError):  # the folder is gone once all have left
            with open(f"{path}.{os.getpid()}", "w", encoding="utf-8") as stream:
                stream.write(text)
            os.replace(f"{path}.{os.getpid()}", path)

    def get(self, name: str) -> str | None:
        try:
            with aside, open(self._path(name), encoding="utf-8") as stream:
                return stream.read()
        except OSError:
            return None

    def claim(self) -> bool:
        """Whether this rank is the one that writes the report: the first to ask, while it lives."""
        with aside:
            with suppress(FileExistsError, OSError), open(self._path("writer"), "x") as stream:
                stream.write(str(os.getpid()))
                return True
            if self._lost_writer() and self.get("status") is None:
                with suppress(OSError):
                    os.unlink(self._path("writer"))
        return False

    def remove(self) -> None:
        with aside:
            shutil.rmtree(self.team.folder, ignore_errors=True)

    def _standing(self, rank: int) -> Standing | None:
        text = self.get(f"{rank}.standing")
        return None if text is None else Standing(**json.loads(text))

    def _lost_writer(self) -> bool:
        """Whether who claimed the report is dead; a launch of before may have left its claim."""
        writer = self.get("writer") or ""
        return writer.isdecimal() and not _lives(int(writer))

    def _path(self, name: str) -> str:
        return os.path.join(self.team.folder, name)


def _made_private(folder: str) -> None:
    """Nobody else's folder is ever used: its name can be guessed."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        found = os.lstat(folder)
    except OSError as error:
        raise BoardError(f"{folder} cannot be made ({error.strerror})") from None
    mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    if not stat.S_ISDIR(found.st_mode) or not mine:
        raise BoardError(f"{folder} belongs to somebody else")


def _lives(pid: int) -> bool:
    if os.name == "nt":
        return True  # asking would end it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Dead, but not yet missed by whoever started it."""
    try:
        with aside, open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stream:
            return stream.read().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False
