"""Notes down the roots of every backward pass, to the last bit: a `--setup` of a run.

ROOTS names the file; with ROOTS_LIMIT the process ends after so many passes.
"""

from __future__ import annotations

import hashlib
import os
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from benchmarks.real import shims  # noqa: F401  # it does what RUN_SHIMS says
from gradcheck_gan.stand_ins.aside import aside

_OUT = Path(os.environ["ROOTS"])
_LIMIT = int(os.environ.get("ROOTS_LIMIT") or 0)
_FEW = 8


def told(root: torch.Tensor) -> str:
    """A few numbers as they are, many by what they hash to."""
    value = root.detach().cpu().contiguous()
    if value.numel() <= _FEW:
        return ",".join(float(one).hex() for one in value.flatten().tolist())
    return hashlib.sha256(bytes(value.view(torch.uint8).flatten().tolist())).hexdigest()


def install() -> None:
    lines: list[str] = []
    run = torch.autograd.graph._engine_run_backward
    with aside:
        descriptor = os.open(_OUT, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)

    def run_backward(outputs: Any, *args: Any, **kwargs: Any) -> Any:
        # No mode may see what is read here.
        with torch._C.DisableTorchFunction():
            values = [told(root) for root in outputs]
            drawn = hashlib.sha256(bytes(torch.get_rng_state().tolist())).hexdigest()
        lines.append(f"{' '.join(values)} rng {drawn[:16]}")
        os.write(descriptor, f"{lines[-1]}\n".encode())
        if len(lines) == _LIMIT:
            os._exit(0)
        return run(outputs, *args, **kwargs)

    patched: Any = torch
    patched.autograd._engine_run_backward = run_backward
    patched.autograd.graph._engine_run_backward = run_backward


def seed() -> None:
    """The script may do so again; many never do."""
    torch.manual_seed(0)
    random.seed(0)
    with suppress(ImportError):
        import numpy as np

        np.random.seed(0)  # the one that scripts draw from


seed()
install()
