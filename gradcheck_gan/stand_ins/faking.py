"""Data sets, folders of images and packages that a script wants and the machine lacks."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from types import ModuleType
from typing import Any
from unittest.mock import patch

from gradcheck_gan.stand_ins import offline, quiet, searching, telling
from gradcheck_gan.stand_ins.images import Images
from gradcheck_gan.stand_ins.importing import Absent, Present
from gradcheck_gan.stand_ins.overlay import Overlay


class FakeData:
    """A context manager. Without a layer over the disk, no files are made up."""

    def __init__(self, layer: Overlay | None = None) -> None:
        self._layer = layer
        self._stack = ExitStack()

    def __enter__(self) -> FakeData:
        from gradcheck_gan.stand_ins import pretrained

        telling.forget()
        with ExitStack() as stack:
            offline.enter(stack)
            if "WANDB_MODE" not in os.environ:
                stack.enter_context(patch.dict(os.environ, WANDB_MODE="disabled"))
            pretrained.enter(stack)
            present = Present(_ARRIVED)
            absent = Absent()
            sys.meta_path.insert(0, present)
            sys.meta_path.append(absent)
            stack.callback(sys.meta_path.remove, absent)
            stack.callback(sys.meta_path.remove, present)
            present.settle()
            if self._layer is not None:
                self._make_images(self._layer, stack)
            self._stack = stack.pop_all()
        return self

    @staticmethod
    def _make_images(layer: Overlay, stack: ExitStack) -> None:
        images = Images(layer, os.path.realpath(os.getcwd()))
        layer.lacking, layer.touched = images.lacking, True
        searching.enter(stack, images)

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    @staticmethod
    def notes() -> Sequence[str]:
        return telling.told()


def _vision(module: ModuleType) -> None:
    from gradcheck_gan.stand_ins.vision import datasets

    _replace(module, datasets.KINDS)


def _audio(module: ModuleType) -> None:
    from gradcheck_gan.stand_ins.audio import datasets

    _replace(module, datasets.KINDS)


def _replace(module: ModuleType, kinds: Mapping[str, type]) -> None:
    """Put our data sets in the place of those of a package that is installed."""
    if getattr(module, "KINDS", None):
        return
    for name, kind in kinds.items():
        real: Any = vars(module).get(name)
        if isinstance(real, type):
            setattr(sys.modules.get(real.__module__, module), name, kind)
            setattr(module, name, kind)


def _hub(module: ModuleType) -> None:
    """Hugging Face's package, unless it is a module of the script's own that has its name."""
    from gradcheck_gan.stand_ins import hub

    theirs: Any = module
    if "load_dataset" in vars(module) and "Dataset" in vars(module):
        theirs.load_dataset = hub.load_dataset


_ARRIVED = {
    "datasets": _hub,
    "scipy.misc": quiet.fill,
    "torchaudio.datasets": _audio,
    "torchvision.datasets": _vision,
}
