"""The rules: one module each, found by walking this package."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from types import ModuleType


@lru_cache(maxsize=1)
def modules() -> tuple[ModuleType, ...]:
    """Every module of this package that defines `RULE` and `check`, in the order of codes."""
    found = [
        importlib.import_module(f"{__name__}.{info.name}")
        for info in pkgutil.iter_modules(__path__)
    ]
    rules = [module for module in found if hasattr(module, "RULE")]
    return tuple(sorted(rules, key=lambda module: str(module.RULE.code)))
