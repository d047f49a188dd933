"""A stand-in for six, which scripts import that once ran on Python 2."""

from __future__ import annotations

import io
from typing import Any

from . import moves as moves

PY2, PY3 = False, True
string_types, text_type, binary_type = (str,), str, bytes
integer_types, class_types = (int,), (type,)
StringIO, BytesIO = io.StringIO, io.BytesIO


def iteritems(mapping: Any) -> Any:
    return iter(mapping.items())


def iterkeys(mapping: Any) -> Any:
    return iter(mapping)


def itervalues(mapping: Any) -> Any:
    return iter(mapping.values())
