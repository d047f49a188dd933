"""Operations of our own that no mode of the script's sees."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import _pop_mode, _push_mode

_entered = torch._C._len_torch_dispatch_stack


def unseen() -> Any:
    """Dispatch modes cost something to put aside: only where the script has entered one."""
    return _WithoutModes() if _entered() else torch._C.DisableTorchFunction()


class _WithoutModes:
    """Puts the script's dispatch modes aside, and back in their order."""

    __slots__ = ("_functions", "_modes")

    def __enter__(self) -> None:
        self._functions: Any = torch._C.DisableTorchFunction()
        self._functions.__enter__()
        self._modes = [_pop_mode() for _ in range(_entered())]

    def __exit__(self, *exception: object) -> None:
        while self._modes:
            _push_mode(self._modes.pop())
        self._functions.__exit__(*exception)
