"""Options from `[tool.gradcheck-gan]` in pyproject.toml."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from gradcheck_gan.report import FORMATS
from gradcheck_gan.words import listed

TABLE = "gradcheck-gan"
FILES = ("baseline", "graph", "output", "save-run", "setup")
"""Options that name files of the project."""


class ConfigError(Exception):
    """A configuration that cannot be used, told in one sentence."""


@dataclass(frozen=True, slots=True)
class Config:
    """The table as it was written, and the file that it stands in."""

    options: Mapping[str, Any]
    file: Path


def here() -> Path:
    """The folder that is worked in, or the empty path where it is gone."""
    try:
        return Path.cwd()
    except OSError:
        return Path()


def find(folder: Path) -> Config:
    """The table of the nearest pyproject.toml that has one, in `folder` or above it."""
    for place in (folder, *folder.parents):
        file = place / "pyproject.toml"
        if file.is_file() and (table := _read(file)) is not None:
            return Config(table, file)
    return Config({}, folder / "pyproject.toml")


def load(file: Path) -> Config:
    """The table of this very file. Raises `ConfigError` if it has none."""
    if not file.is_file():
        raise ConfigError(f"no such file: {str(file)!r}; name a pyproject.toml.")
    table = _read(file)
    if table is None:
        raise ConfigError(f"{str(file)!r} has no table [tool.{TABLE}]; add one.")
    return Config(table, file)


def defaults(config: Config, context: click.Context) -> dict[str, Any]:
    """The table as click takes defaults: by the names of parameters.

    Raises `ConfigError` for a key that is no option of any command, or a value that its option
    refuses.
    """
    known = {_key(option): option for option in context.command.params if _is_key(option)}
    found: dict[str, Any] = {}
    for key, value in config.options.items():
        option = known.get(key)
        if option is None and key in _elsewhere(context):
            continue
        if option is None:
            raise ConfigError(_unknown(config, key, known))
        assert option.name is not None
        found[option.name] = given = _given(config, option, key, value)
        try:
            option.process_value(context, given)
        except click.BadParameter as error:
            raise ConfigError(f"{key!r} {_in(config)} is not right: {error.message}") from error
    return found


def _elsewhere(context: click.Context) -> set[str]:
    """The options of the other commands, which the same table may hold."""
    group = context.parent.command if context.parent else None
    commands = group.commands.values() if isinstance(group, click.Group) else ()
    return {_key(option) for one in commands for option in one.params if _is_key(option)}


def _is_key(parameter: click.Parameter) -> bool:
    """Options that say what to run belong to one run, not to a project."""
    return isinstance(parameter, click.Option) and parameter.name not in (
        "config",
        "module",
        "help",
    )


def _key(option: click.Parameter) -> str:
    return max(option.opts, key=len).lstrip("-")


def _unknown(config: Config, key: str, known: Collection[str]) -> str:
    closest = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f"did you mean {closest[0]!r}?" if closest else f"known are {listed(sorted(known))}."
    return f"{key!r} {_in(config)} is no option; {hint}"


def _in(config: Config) -> str:
    return f"in [tool.{TABLE}] of {str(config.file)!r}"


def _given(config: Config, option: click.Parameter, key: str, value: Any) -> Any:
    """The value as the command line would give it."""
    if key == "severity" and isinstance(value, Mapping):
        value = [f"{code}={level}" for code, level in value.items()]
    several = value if isinstance(value, list) else [value]
    if any(isinstance(one, (Mapping, list)) for one in several) or (
        isinstance(value, list) and not option.multiple
    ):
        raise ConfigError(f"{key!r} {_in(config)} is not right: {value!r} has the wrong type.")
    if key in FILES:
        several = [_anchored(config, str(one)) for one in several]
    return [str(one) for one in several] if option.multiple else several[0]


def _anchored(config: Config, name: str) -> str:
    """A file of the project: it stands where the configuration does."""
    prefix, colon, rest = name.partition(":")
    if colon and prefix in FORMATS:
        return f"{prefix}:{config.file.parent / rest}"
    return str(config.file.parent / name)


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
