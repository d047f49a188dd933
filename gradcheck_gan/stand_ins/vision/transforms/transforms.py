"""The second place where the transforms are looked for."""

from __future__ import annotations

from . import coloring, composing, geometry

for _module in (coloring, composing, geometry):
    globals().update({name: getattr(_module, name) for name in _module.__all__})
