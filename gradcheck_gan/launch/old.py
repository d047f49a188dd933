"""What to write today where a script of an older torch, or of Python 2, fails."""

from __future__ import annotations

import linecache
import os
import re
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import NamedTuple

from gradcheck_gan.cells import split
from gradcheck_gan.watchdog import is_users


class Cure(NamedTuple):
    """`error` is found in the exception, `line` in the source of the line that raised it."""

    error: str
    line: str
    told: str


_SLASH = r"(?<![/'\"\w.])\w[\w.\])]*\s*/(?!/)"

CURES = (
    Cure(
        r"invalid index of a 0-dim tensor",
        r"\[\s*0\s*\]",
        "a loss has no dimensions since torch 0.4, so that there is nothing to index; write "
        "`.item()` in the place of `.data[0]` or `[0]`",
    ),
    Cure(
        r"has no attribute 'next'",
        r"\.next\(",
        "iterators have no `.next()` in Python 3; write `next(iterator)`",
    ),
    Cure(
        r"Using a target size|Target size .* must be the same as input size",
        r"",
        "binary cross entropy matches shapes no longer since torch 1.0; bring both to the same "
        "shape, with `output.view(-1)` or `target.view_as(output)`",
    ),
    Cure(
        r"Found dtype Long but expected Float|result type Float can't be cast to .* Long",
        r"^(?!.*/=)",
        "a loss got whole numbers, which `torch.full(size, 1)` gives since torch 1.7; write "
        "`torch.full(size, 1.0)`, or `.float()` after it",
    ),
    Cure(
        r"result type Float can't be cast to .* (Long|Int)",
        r"/=",
        "`/=` of whole numbers gives fractions since torch 1.5, which do not fit; write `//=`",
    ),
    Cure(
        r"unexpected keyword argument 'volatile'",
        r"volatile",
        "`volatile` is gone since torch 0.4; compute under `with torch.no_grad():`",
    ),
    Cure(
        r"Weights only load failed",
        r"",
        "torch.load reads nothing but tensors since torch 2.6; for a file that you trust write "
        "`torch.load(path, weights_only=False)`",
    ),
    Cure(
        r"view size is not compatible with input tensor's size and stride",
        r"",
        "the tensor does not lie in memory as `.view` needs it; write `.reshape(...)`, or "
        "`.contiguous().view(...)`",
    ),
    Cure(
        r"unexpected keyword argument 'retain_variables'",
        r"retain_variables",
        "`retain_variables` is called `retain_graph` since torch 0.2",
    ),
    Cure(
        r"load\(\) missing 1 required positional argument: 'Loader'",
        r"load",
        "`yaml.load` wants to be told a loader since PyYAML 6; write `yaml.safe_load(stream)`",
    ),
    Cure(
        r"'float' object cannot be interpreted as an integer|indices must be integers"
        r"|found element of type float|but got float|got \([^)]*\bfloat\b"
        r"|tensors used as indices must be",
        _SLASH,
        "`/` gives a fraction in Python 3; write `//` where a whole number is meant",
    ),
    Cure(
        r"Legacy autograd function with non-static forward",
        r"",
        "a torch.autograd.Function has static methods since torch 1.3; make `forward(ctx, ...)` "
        "and `backward(ctx, ...)` static and call it by `.apply(...)`",
    ),
    Cure(
        r"No module named 'torch\._six'",
        r"",
        "torch._six is gone since torch 2.0; write `str`, `int` or `math.inf` for what it gave",
    ),
    Cure(
        r"module 'numpy' has no attribute '(int|float|bool|object)'",
        r"",
        "the names of Python's own types are gone from numpy since 1.24; write `{0}`, or `np.{0}_`",
    ),
    Cure(
        r"transforms' has no attribute 'Scale'",
        r"",
        "`transforms.Scale` is called `transforms.Resize` since torchvision 0.2",
    ),
    Cure(
        r"output with shape \[1, \d+, \d+\] doesn't match the broadcast shape \[3, ",
        r"",
        "a picture of one channel was normalized with three means, which torchvision once allowed; "
        "write `transforms.Normalize((0.5,), (0.5,))`",
    ),
    Cure(
        r"transforms' has no attribute 'RandomSizedCrop'",
        r"",
        "`RandomSizedCrop` is called `RandomResizedCrop` since torchvision 0.2",
    ),
    Cure(
        r"no attribute 'i(ter)(items|keys|values)'|'dict' object has no attribute 'iter(\w+)'",
        r"",
        "dictionaries have no `iteritems` and its like in Python 3; write `.items()`, `.keys()` or "
        "`.values()`",
    ),
    Cure(
        r"name '(xrange|raw_input|unicode)' is not defined",
        r"",
        "`{0}` is Python 2; write `range` for xrange, `input` for raw_input, `str` for unicode",
    ),
    Cure(
        r"operator, with a bool tensor is not supported",
        r"",
        "comparisons give booleans since torch 1.2; write `~mask` for `1 - mask`, or "
        "`mask.float()`",
    ),
)


def advice(error: BaseException) -> tuple[str, ...]:
    """One sentence that names the line and the cure, or none."""
    place = _place(error)
    if place is None:
        return ()
    file, line = place
    source = linecache.getline(file, line).strip()
    try:
        text = f"{type(error).__name__}: {error}"
    except Exception:  # its own text raises
        return ()
    for cure in CURES:
        found = re.search(cure.error, text)
        if found and re.search(cure.line, source):
            told = cure.told.format(*found.groups())
            return (f"{_named(file, line)}: {told}.",)
    return ()


def _place(error: BaseException) -> tuple[str, int] | None:
    """The innermost line of the user's own."""
    places = [(frame.f_code.co_filename, line) for frame, line in _users(error)]
    return places[-1] if places else None


def _users(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    for frame, line in traceback.walk_tb(error.__traceback__):
        if is_users(frame.f_code.co_filename):
            yield frame, line


def _named(file: str, line: int) -> str:
    name = os.path.basename(file)
    return f"{name}:{line}" if split(file)[1] is None else f"{name}, line {line}"
