"""Operations of our own that no mode of the script's sees."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import _pop_mode, _push_mode

_entered = torch._C._len_torch_dispatch_stack


def unseen() -> Any:
    """Dispatch modes cost something to put aside: only where the script has entered one."""
    return _WithoutModes() if _entered() else torch._C.DisableTorchFunction()


def readable(tensor: torch.Tensor) -> bool:
    """Whether its numbers can be read without a call of a tensor type of the script's."""
    return type(tensor).__torch_dispatch__ is torch._C._disabled_torch_dispatch_impl


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
