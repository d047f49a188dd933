"""Imports of packages that are absent, and a word with those that are there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from gradcheck_gan.stand_ins import asking, quiet
from gradcheck_gan.stand_ins.telling import tell

_HERE = Path(__file__).resolve().parent

WRITTEN = {
    "PIL": "pillow",
    "datasets": "hub",
    "six": "six",
    "torchaudio": "audio",
    "torchvision": "vision",
}
"""Packages that we have a version of our own of, and the folder that it is in."""


class Absent:
    """Last in line, so that what is installed, or lies beside the script, is the real one."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        importer = asking.importer()
        if importer is not None and asking.is_torch(importer):
            return None
        if name in WRITTEN:
            return _written(name)
        if quiet.known(name) and (
            importer is None or not asking.is_installed(importer.f_code.co_filename)
        ):
            return ModuleSpec(name, _Quiet(), is_package=True)
        return None


def _written(name: str) -> ModuleSpec | None:
    tell("Not installed, and stood in for by small modules of our own: {}.", name)
    folder = _HERE / WRITTEN[name]
    file = folder / "__init__.py"
    return spec_from_file_location(name, file, submodule_search_locations=[str(folder)])


class _Quiet(Loader):
    """Gives a package of which every call does nothing."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        tell("Not installed, and left out since they draw, log or convert: {}.", _short(spec.name))
        return quiet.module(spec)

    def exec_module(self, module: ModuleType) -> None:
        return None


def _short(name: str) -> str:
    top, _, rest = name.partition(".")
    return {"scipy": "scipy.misc", "torch": "tensorboard"}.get(top, top) if rest else top


class Present:
    """First in line: tells who waits for a package that it has just been imported."""

    def __init__(
        self, awaited: Mapping[str, Callable[[ModuleType], None]], *, draws: bool = False
    ) -> None:
        self._awaited = awaited
        self._draws = draws
        self._looking: set[str] = set()

    def settle(self) -> None:
        """Those that were imported before."""
        for name, arrived in self._awaited.items():
            module = sys.modules.get(name)
            if module is not None:
                arrived(module)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not self._draws and name == "torch.utils.tensorboard" and not is_there("tensorboard"):
            return ModuleSpec(name, _Quiet(), is_package=True)
        if name not in self._awaited or name in self._looking:
            return None
        self._looking.add(name)
        try:
            spec = _found(name, path)
        finally:
            self._looking.discard(name)
        if spec is not None and spec.loader is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Announcing(spec.loader, self._awaited[name])
        return spec


def _found(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """By every other finder."""
    for finder in list(sys.meta_path):
        if not isinstance(finder, (Absent, Present)):
            spec = finder.find_spec(name, path)
            if spec is not None:
                return spec
    return None


class _Announcing(Loader):
    def __init__(self, loader: Any, arrived: Callable[[ModuleType], None]) -> None:
        self._loader, self._arrived = loader, arrived

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)  # sources, for tracebacks and `inspect`

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self._loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._arrived(module)


def is_there(name: str) -> bool:
    """Whether a package is installed, or imported already."""
    return name in sys.modules or _found(name, None) is not None
