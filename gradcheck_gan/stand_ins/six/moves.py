"""Modules and functions that Python 3 has elsewhere."""

from __future__ import annotations

import builtins
import pickle as cPickle  # noqa: N812  # six's name
import queue
import urllib
import urllib.error
import urllib.parse
import urllib.request
from functools import reduce
from io import StringIO

__all__ = [
    "StringIO",
    "cPickle",
    "input",
    "map",
    "queue",
    "range",
    "reduce",
    "urllib",
    "xrange",
    "zip",
]

input, map, range, zip = builtins.input, builtins.map, builtins.range, builtins.zip  # noqa: A001
xrange = builtins.range
