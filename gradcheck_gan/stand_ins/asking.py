"""Who asks for a file, a folder or a package: the script, or a library for itself."""

from __future__ import annotations

import os
import sys
import sysconfig
from types import FrameType

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARY = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib")})
_IMPORTING = f"{os.sep}importlib{os.sep}"
_TIDYING = ("pkgutil.py", "shutil.py", "tempfile.py")
_READERS = ("PIL", "cv2", "imageio", "matplotlib", "skimage", "torch", "torchvision")
"""Packages that open what they were asked to open."""


def importer() -> FrameType | None:
    """Whose `import` is under way; the machinery of importing, ours included, does not count."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and _is_machinery(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def _is_machinery(file: str) -> bool:
    return file.startswith("<frozen") or (file.startswith(_LIBRARY) and not is_installed(file))


def script_asks(*, through_readers: bool = False) -> bool:
    """Not so where python looks for modules, a folder is removed, or an installed package looks for
    something of its own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib") or _IMPORTING in file:
            return False
        if os.path.basename(file) in _TIDYING and is_python(file):
            return False
        if not is_python(file) and not (through_readers and _package(frame) in _READERS):
            return not is_installed(file)
        frame = frame.f_back
    return False


def is_python(file: str) -> bool:
    """Python's library, or ours."""
    ours = file.startswith(("<frozen", "<gradcheck_gan", _PACKAGE))
    return ours or (file.startswith(_LIBRARY) and not is_installed(file))


def is_installed(file: str) -> bool:
    return "site-packages" in file or "dist-packages" in file


def is_torch(frame: FrameType) -> bool:
    return _package(frame) in ("torch", "functorch")


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
