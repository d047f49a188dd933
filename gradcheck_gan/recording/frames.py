"""Find the user's own frame, and turn it into a location when somebody asks."""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from functools import cache, lru_cache
from types import CodeType, FrameType

import torch

from gradcheck_gan.cells import split
from gradcheck_gan.run import Location

Place = tuple[CodeType, int]
"""A code object and the offset of the instruction that was running."""

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARY = tuple({os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "platstdlib")})
_TORCH = os.path.join(os.path.dirname(torch.__file__), "")
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")

# By file: code objects that look alike are equal, even if they are of different files.
_is_user_code: dict[str, bool] = {}


def _judge(name: str) -> bool:
    verdict = not (
        name.startswith(("<", _PACKAGE, *_LIBRARY)) or any(part in name for part in _INSTALLED)
    )
    _is_user_code[name] = verdict
    return verdict


def is_users_file(name: str) -> bool:
    known = _is_user_code.get(name)
    return _judge(name) if known is None else known


def user_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame, from `frame` outwards, that runs the user's own code."""
    known = _is_user_code
    while frame is not None:
        name = frame.f_code.co_filename
        if known.get(name) or (name not in known and _judge(name)):
            return frame
        frame = frame.f_back
    return None


def user_place(frame: FrameType | None) -> Place | None:
    found = user_frame(frame)
    return None if found is None else (found.f_code, found.f_lasti)


def call_chain(frame: FrameType | None, limit: int = 64) -> tuple[Place, ...]:
    """Every frame that is neither torch's nor ours, innermost first: what tells two backward calls
    apart, also where an installed library trains."""
    chain: list[Place] = []
    while frame is not None and len(chain) < limit:
        if not frame.f_code.co_filename.startswith((_PACKAGE, _TORCH)):
            chain.append((frame.f_code, frame.f_lasti))
        frame = frame.f_back
    return tuple(chain)


def user_chain(frame: FrameType | None, limit: int = 64) -> tuple[Place, ...]:
    """The user's frames, innermost first: what tells two calls of one helper apart."""
    chain: list[Place] = []
    found = user_frame(frame)
    while found is not None and len(chain) < limit:
        chain.append((found.f_code, found.f_lasti))
        found = user_frame(found.f_back)
    return tuple(chain)


@cache
def site_of(chain: tuple[Place, ...]) -> str:
    text = "|".join(f"{code.co_filename}:{code.co_name}:{offset}" for code, offset in chain)
    return hashlib.sha1(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:12]


def line_of(code: CodeType, offset: int) -> int:
    for start, end, line in code.co_lines():
        if start <= offset < end and line is not None:
            return line
    return code.co_firstlineno


class Locator:
    """Makes `Location`s with paths relative to the folder where the run was started."""

    def __init__(self, base: str) -> None:
        self._base = os.path.realpath(base)
        # By identity, since a code object takes long to hash; the place keeps it alive.
        self._made: dict[tuple[int, int], tuple[Place, Location]] = {}

    def at(self, place: Place | None) -> Location | None:
        if place is None:
            return None
        key = id(place[0]), place[1]
        if key not in self._made:
            self._made[key] = place, self._make(*place)
        return self._made[key][1]

    def _make(self, code: CodeType, offset: int) -> Location:
        function = None if code.co_name == "<module>" else code.co_name
        name, cell = split(code.co_filename)
        path = self.path(name)
        if sys.version_info >= (3, 11):
            position = _position(code, offset)
            if position is not None:
                line, end_line, start, end = position
                column = _character(code.co_filename, line, start)
                end_column = _character(code.co_filename, end_line, end)
                return Location(path, line, column, end_line, end_column, function, cell)
        return Location(path, line_of(code, offset), function=function, cell=cell)

    def line(self, code: CodeType, line: int) -> Location:
        """A whole line in the file of `code`."""
        name, cell = split(code.co_filename)
        return Location(self.path(name), line, cell=cell)

    def path(self, filename: str) -> str:
        full = os.path.realpath(filename)
        inside = full.startswith(self._base + os.sep)
        return (os.path.relpath(full, self._base) if inside else full).replace(os.sep, "/")


def _position(code: CodeType, offset: int) -> tuple[int, int, int, int] | None:
    if sys.version_info < (3, 11):
        return None
    positions = list(code.co_positions())
    index = offset // 2
    if not 0 <= index < len(positions):
        return None
    line, end_line, column, end_column = positions[index]
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return line, end_line, column, end_column


def _character(filename: str, line: int, utf8_offset: int) -> int:
    """1-based character column of a 0-based UTF-8 byte offset."""
    lines = read_source(filename)
    if not 1 <= line <= len(lines):
        return utf8_offset + 1
    return (
        len(lines[line - 1].encode("utf-8", "replace")[:utf8_offset].decode("utf-8", "ignore")) + 1
    )


@lru_cache(maxsize=256)
def read_source(filename: str) -> tuple[str, ...]:
    import linecache
    import tokenize

    if split(filename)[1] is not None:
        return tuple(line.rstrip("\r\n") for line in linecache.getlines(filename))
    try:
        with tokenize.open(filename) as source:
            return tuple(source.read().splitlines())
    except (OSError, SyntaxError, UnicodeDecodeError, LookupError):
        return ()
