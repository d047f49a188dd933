"""Data sets, folders of images and packages that a script wants and the machine lacks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from types import ModuleType
from typing import Any

from gradcheck_gan.stand_ins import offline, telling
from gradcheck_gan.stand_ins.importing import Absent, Present


class FakeData:
    """A context manager; what it put in place stays, as `Surroundings` do, unless it is closed."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __enter__(self) -> FakeData:
        from gradcheck_gan.stand_ins import pretrained

        telling.forget()
        with ExitStack() as stack:
            offline.enter(stack)
            pretrained.enter(stack)
            present = Present({"torchvision.datasets": _made_up, "datasets": _hub})
            absent = Absent()
            sys.meta_path.insert(0, present)
            sys.meta_path.append(absent)
            stack.callback(sys.meta_path.remove, absent)
            stack.callback(sys.meta_path.remove, present)
            present.settle()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    @staticmethod
    def notes() -> Sequence[str]:
        return telling.told()


def _made_up(module: ModuleType) -> None:
    """Put our data sets in the place of torchvision's, where it is installed."""
    from gradcheck_gan.stand_ins.vision import datasets

    if module is datasets:
        return
    for name, kind in datasets.KINDS.items():
        real: Any = vars(module).get(name)
        if isinstance(real, type):
            setattr(sys.modules.get(real.__module__, module), name, kind)
            setattr(module, name, kind)


def _hub(module: ModuleType) -> None:
    """Hugging Face's package, unless it is a module of the script's own that has its name."""
    from gradcheck_gan.stand_ins import hub

    if "load_dataset" in vars(module) and "Dataset" in vars(module) and module is not hub:
        setattr(module, "load_dataset", hub.load_dataset)  # noqa: B010  # no attribute of ours
