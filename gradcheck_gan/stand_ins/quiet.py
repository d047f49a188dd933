"""Packages that draw, log or convert: every call does nothing, except where data would be read."""

from __future__ import annotations

import re
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn
from unittest.mock import MagicMock

from gradcheck_gan.stand_ins.progress import progress_bars

_NOTHING = re.compile(r"(?!)")
_ALL = re.compile("")
_READS = re.compile(r"(^|\.)(im|vol|m|v)?(read|load|fetch|open|get_reader|get_data)\w*$")

# By package: the calls that are refused, since what they give would be trained on.
_REFUSED: dict[str, re.Pattern[str]] = {
    "clearml": _NOTHING,
    "colorama": _NOTHING,
    "comet_ml": _READS,
    "graphviz": _NOTHING,
    "hiddenlayer": _NOTHING,
    "imageio": _READS,
    "IPython": _NOTHING,
    "matplotlib": re.compile(r"imread$"),
    "mlflow": _READS,
    "neptune": _READS,
    "pandas": _READS,
    "plotly": _NOTHING,
    "scipy": re.compile(r"^(?!misc\.(imsave|imshow|toimage)$)"),
    "seaborn": _READS,
    "skimage": _ALL,
    "sklearn": _ALL,
    "tensorboard": _NOTHING,
    "tensorboardX": _NOTHING,
    "tensorboard_logger": _NOTHING,
    "tensorflow": re.compile(r"^(?!.*(summary|Summary|Histogram|compat|gfile|logging))"),
    "termcolor": _NOTHING,
    "torch": _NOTHING,
    "torchsummary": _NOTHING,
    "tqdm": _NOTHING,
    "visdom": _NOTHING,
    "wandb": _READS,
}


# What scripts unpack: how many things a call gives.
_SEVERAL = {"matplotlib.pyplot.subplots": 2, "matplotlib.pyplot.hist": 3}

_made: set[str] = set()


class MissingPackageError(ImportError):
    """What a package would have computed or read is needed after all."""


def known(name: str) -> bool:
    """Whether nothing is lost with it, and no real package would be mixed with ours."""
    top = name.partition(".")[0]
    return name == "scipy.misc" or (top in _REFUSED and (top in _made or top not in sys.modules))


def module(spec: ModuleSpec) -> ModuleType:
    top = spec.name.partition(".")[0]
    made: Any = progress_bars(spec.name) if top == "tqdm" else _module(spec.name)
    made.__spec__ = spec
    made.__path__ = []
    made.__version__ = "0.0"
    _made.add(spec.name)
    return made  # type: ignore[no-any-return]


def _module(name: str) -> Any:
    return _Module(name)


def fill(module: ModuleType) -> None:
    """The calls that scipy's module for images once had."""
    for name in ("imread", "imresize", "imsave", "toimage"):
        if name not in vars(module):
            whole = f"{module.__name__}.{name}"
            quiet = name in ("imsave", "toimage")
            setattr(module, name, MagicMock(name=whole) if quiet else _refusing(whole))


class _Module(ModuleType):
    """Names that it was never given are calls that do nothing, or refuse."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        whole = f"{self.__name__}.{name}"
        top, _, path = whole.partition(".")
        made = _refusing(whole) if _REFUSED[top].search(path) else MagicMock(name=whole)
        if whole in _SEVERAL:
            made.return_value = tuple(MagicMock() for _ in range(_SEVERAL[whole]))
        setattr(self, name, made)
        return made


def _refusing(whole: str) -> Any:
    top = whole.partition(".")[0]

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise MissingPackageError(
            f"{whole} is called and not installed; --fake-data stands in for what draws and logs "
            f"alone: install {top} with it, or make one of your own in a --setup FILE.",
            name=top,
        )

    return MagicMock(name=whole, side_effect=refuse)


def silent(name: str) -> Any:
    """A module's `__getattr__`: what is not there is a call that does nothing."""

    def attribute(wanted: str) -> Any:
        if wanted.startswith("__"):
            raise AttributeError(wanted)
        return MagicMock(name=f"{name}.{wanted}")

    return attribute
