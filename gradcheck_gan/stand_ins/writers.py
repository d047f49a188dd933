"""Functions that hand a path to C, where no function of python's is called with it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from gradcheck_gan.stand_ins.aside import aside
from gradcheck_gan.stand_ins.overlay import Overlay

Function = Callable[..., Any]

_WRITES = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_CHANGES = os.O_RDWR | os.O_CREAT
_READS = os.O_RDONLY

# By module: functions, which argument is the path, and what they do with the file.
_TABLE: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "cv2": {"imwrite": (0, _WRITES), "imread": (0, _READS)},
    "safetensors.numpy": {"save_file": (1, _WRITES), "load_file": (0, _READS)},
    "safetensors.torch": {"save_file": (1, _WRITES), "load_file": (0, _READS)},
    "soundfile": {"write": (0, _WRITES), "read": (0, _READS)},
    "sqlite3": {"connect": (0, _CHANGES)},
    "sqlite3.dbapi2": {"connect": (0, _CHANGES)},
    "torch.jit": {"save": (1, _WRITES), "load": (0, _READS)},
    "torch.serialization": {"_open_zipfile_writer": (0, _WRITES)},
    "torchaudio": {"save": (0, _WRITES), "load": (0, _READS)},
    "torchvision.io": {
        "write_file": (0, _WRITES),
        "write_jpeg": (1, _WRITES),
        "write_png": (1, _WRITES),
        "write_video": (0, _WRITES),
    },
}


class Writers:
    """What is to be done to a module once it is there."""

    def __init__(self, overlay: Overlay) -> None:
        self._overlay = overlay

    def awaited(self) -> dict[str, Callable[[ModuleType], None]]:
        return {
            **{name: functools.partial(self._wrap, table) for name, table in _TABLE.items()},
            "h5py": self._wrap_h5py,
            "numpy.lib._datasource": _openers_renewed,
        }

    def _wrap(self, table: Mapping[str, tuple[int, int]], module: ModuleType) -> None:
        for name, (position, flags) in table.items():
            original = getattr(module, name, None)
            if original is not None:
                setattr(module, name, self._wrapped(original, position, flags))

    def _wrapped(self, original: Function, position: int, flags: int) -> Function:
        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            given = list(args)
            if len(given) > position:
                given[position] = self._path(given[position], flags)
            else:
                kwargs = {name: self._named(name, value, flags) for name, value in kwargs.items()}
            return original(*given, **kwargs)

        return call

    def _wrap_h5py(self, module: Any) -> None:
        path, plain = self._path, module.File

        class File(plain):  # type: ignore[misc, valid-type]
            def __init__(self, name: Any, mode: str = "r", *args: Any, **kwargs: Any) -> None:
                flags = {"r": _READS, "r+": _CHANGES, "a": _CHANGES}.get(mode, _WRITES)
                super().__init__(path(name, flags), mode, *args, **kwargs)

        File.__module__, File.__qualname__ = plain.__module__, plain.__qualname__
        module.File = File

    def _named(self, name: str, value: Any, flags: int) -> Any:
        return self._path(value, flags) if name in _NAMES_OF_PATHS else value

    def _path(self, given: Any, flags: int) -> Any:
        """Where the file is; as it was given, if it is none that C could make there."""
        if aside.depth or not isinstance(given, (str, os.PathLike)):
            return given
        with aside:
            text = os.fspath(given)
            if not isinstance(text, str) or text.startswith(":") or "://" in text:
                return given
            place = self._overlay.place(text)
            if not self._overlay.is_users(place) or (flags != _READS and self._overlay.lost(place)):
                return given
            if flags == _CHANGES and self._overlay.exists(place):
                return self._overlay.for_change(place)
            found = self._overlay.for_opening(place, flags)
        return given if found == place else found


_NAMES_OF_PATHS = ("database", "f", "file", "filename", "path", "uri", "name_or_buffer")


def _openers_renewed(module: Any) -> None:
    """Numpy keeps `open` in a dictionary, for text files."""
    openers = getattr(getattr(module, "_file_openers", None), "_file_openers", None)
    if isinstance(openers, dict) and None in openers:
        openers[None] = open
