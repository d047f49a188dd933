"""Image transforms as objects."""

from __future__ import annotations

from . import coloring, composing, functional, geometry
from .functional import InterpolationMode as InterpolationMode

__all__ = [*coloring.__all__, *composing.__all__, *geometry.__all__, "InterpolationMode"]

for _module in (coloring, composing, geometry):
    globals().update({name: getattr(_module, name) for name in _module.__all__})

from . import transforms, v2  # noqa: E402  # they list what is here

__all__ += ["functional", "transforms", "v2"]
