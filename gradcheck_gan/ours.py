"""Which frames of the stack would not be there if the script ran plainly."""

from __future__ import annotations

import os
from types import CodeType

PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
STAND_INS = os.path.join(PACKAGE, "stand_ins", "")
LAUNCH = os.path.join(PACKAGE, "launch", "")

STAND_IN = "<gradcheck_gan>"
"""The name of code of ours that runs in the name of the script's own line."""

# What a script imports and calls by itself is part of its program, and python shows it.
_CALLED_BY_SCRIPTS = (os.path.join(PACKAGE, "estimators", ""), f"{PACKAGE}testing.py")
_DISPATCHER = os.path.join("torch", "overrides.py")


def is_ours(code: CodeType) -> bool:
    file = code.co_filename
    if file.startswith(PACKAGE):
        return not file.startswith(_CALLED_BY_SCRIPTS)
    return code.co_name == STAND_IN


def is_dispatch(code: CodeType) -> bool:
    """A function written in Python reaches a function mode by two frames, its own and this one,
    and is then called once more; without the mode it is there once."""
    return code.co_name == "handle_torch_function" and code.co_filename.endswith(_DISPATCHER)
