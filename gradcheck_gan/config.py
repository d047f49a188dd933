"""Options from `[tool.gradcheck-gan]` in pyproject.toml."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLE = "gradcheck-gan"


class ConfigError(Exception):
    """A configuration that cannot be used, told in one sentence."""


@dataclass(frozen=True, slots=True)
class Config:
    """The table as it was written, with dashes in its keys, and the folder that it stands in."""

    options: Mapping[str, Any]
    folder: Path


def find(folder: Path) -> Config:
    """The table of the nearest pyproject.toml that has one, in `folder` or above it."""
    for place in (folder, *folder.parents):
        file = place / "pyproject.toml"
        if file.is_file():
            table = _read(file)
            if table is not None:
                return Config(table, place)
    return Config({}, folder)


def check_keys(config: Config, known: Collection[str]) -> None:
    """Raises `ConfigError` for a key that is no option."""
    for key in config.options:
        if key not in known:
            closest = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"did you mean {closest[0]!r}?" if closest else f"known: {', '.join(known)}."
            file = config.folder / "pyproject.toml"
            raise ConfigError(f"[tool.{TABLE}] in {str(file)!r} has an unknown key {key!r}; {hint}")


def _read(file: Path) -> Mapping[str, Any] | None:
    try:
        content = _toml(file.read_text(encoding="utf-8"))
    except OSError:
        return None
    except ValueError as error:
        raise ConfigError(f"{str(file)!r} is no valid TOML ({error}); correct it.") from error
    tools = content.get("tool")
    table = tools.get(TABLE) if isinstance(tools, Mapping) else None
    if table is not None and not isinstance(table, Mapping):
        raise ConfigError(f"tool.{TABLE} in {str(file)!r} is no table; write [tool.{TABLE}].")
    return table


def _toml(text: str) -> Mapping[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)
