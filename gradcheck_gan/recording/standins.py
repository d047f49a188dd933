"""Call torch in the name of the script's own line, so that torch's warnings are that line's."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, FrameType, FunctionType
from typing import Any

from gradcheck_gan.ours import STAND_IN

Call = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]

_made: dict[tuple[int, int], tuple[CodeType, FunctionType]] = {}


_CODE = (lambda function, args, kwargs: function(*args, **kwargs)).__code__  # all on one line


def stand_in(frame: FrameType) -> Call:
    """Calls a function from a frame that has the file, line and globals of the given one.

    Warnings of torch's C++ part, and those of Python functions with a stack level, are attributed
    to the frame that calls. Filters by module, and the registry of what was shown before, belong
    to that frame's globals.
    """
    code = frame.f_code
    key = id(code), frame.f_lasti
    known = _made.get(key)
    if known is not None and known[0] is code and known[1].__globals__ is frame.f_globals:
        return known[1]
    return _make(key, frame)


def _make(key: tuple[int, int], frame: FrameType) -> Call:
    code = frame.f_code
    line = frame.f_lineno or code.co_firstlineno
    disguise = _CODE.replace(co_filename=code.co_filename, co_firstlineno=line, co_name=STAND_IN)
    made = FunctionType(disguise, frame.f_globals)
    _made[key] = code, made
    return made
