"""`compare-estimators`: which remedy fits a function of the user's own."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from gradcheck_gan import terminal
from gradcheck_gan.commandline.commands import Command, Refusal

# What only a comparison needs is imported by its functions, so that the other commands are quick.
if TYPE_CHECKING:
    from pathlib import Path

    from gradcheck_gan.estimators.comparing import Row, Setting


def _picture(context: click.Context, parameter: click.Parameter, name: str | None) -> Path | None:
    from pathlib import Path

    if name is not None and Path(name).suffix.lower() != ".svg":
        raise click.BadParameter(f"{name!r}: the chart is written as .svg; use that ending.")
    return Path(name) if name is not None else None


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_COUNT = click.IntRange(1)
_WIDTH = click.FloatRange(0, min_open=True)


def _option(name: str, kind: click.ParamType[Any], default: float, told: str) -> Decorator:
    metavar = "N" if kind is not _WIDTH else "X"
    return click.option(
        name, type=kind, metavar=metavar, default=default, show_default=True, help=told
    )


@click.command("compare-estimators", cls=Command)
@_option("--size", _COUNT, 8, "How many numbers the function is given.")
@_option("--scale", _WIDTH, 2.0, "Their standard deviation.")
@_option("--sigma", _WIDTH, 0.5, "That of the noise which smoothes the function.")
@_option("--samples", _COUNT, 400, "How much of the noise is drawn for each derivative.")
@_option("--seed", click.INT, 0, "Where the random numbers start.")
@click.option("-o", "picture", metavar="FILE", callback=_picture, help="Draw it, too: .svg.")
@click.argument("function", metavar="MODULE:FUNCTION")
def compare_estimators(function: str, picture: Path | None, **given: Any) -> None:
    """Rank gradient estimators for a function that has no gradient.

    FUNCTION takes a tensor of one dimension and returns a tensor or a number. The truth is the
    gradient of the function smoothed by noise, from finite differences.
    """
    rows = _rows(_found(function), given)
    if picture is not None:
        from gradcheck_gan.estimators.plot import chart

        _write(picture, chart(rows, f"Gradient estimators for {function}"))
    from gradcheck_gan.estimators.plot import table

    terminal.say(sys.stdout, table(rows))


def _found(named: str) -> Callable[..., Any]:
    """Import MODULE from here, as `python -m` would."""
    module, colon, attribute = named.partition(":")
    if not colon or not module or not attribute:
        raise click.UsageError(f"{named!r} names no function; write MODULE:FUNCTION.")
    sys.path.insert(0, os.getcwd())
    try:
        found: Any = importlib.import_module(module.removesuffix(".py").replace(os.sep, "."))
    except ModuleNotFoundError as error:
        raise click.UsageError(f"{error}; start in the folder that holds {module}.") from error
    except Exception as error:
        raise Refusal(f"{module} cannot be imported: {_told(error)}") from error
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise click.UsageError(f"{module} has no {attribute!r}.")
        found = getattr(found, part)
    if not callable(found):
        raise click.UsageError(f"{named} is {type(found).__name__}, and cannot be called.")
    checked: Callable[..., Any] = found
    return checked


def _rows(function: Callable[..., Any], given: dict[str, Any]) -> tuple[Row, ...]:
    from gradcheck_gan.estimators.comparing import ComparisonError, Setting, compare

    setting: Setting = Setting(**given)
    try:
        return compare(function, setting)
    except ComparisonError as error:
        raise Refusal(str(error)) from error
    except Exception as error:
        raise Refusal(f"the function failed: {_told(error)}") from error


def _told(error: Exception) -> str:
    """With the innermost line of the user's own, if there is one."""
    import traceback

    ours = os.path.dirname(os.path.dirname(__file__))
    places = traceback.extract_tb(error.__traceback__)
    theirs = [one for one in places if not one.filename.startswith((ours, "<frozen"))]
    where = f" ({os.path.relpath(theirs[-1].filename)}:{theirs[-1].lineno})" if theirs else ""
    return f"{type(error).__name__}: {error}{where}"


def _write(picture: Path, chart: str) -> None:
    from gradcheck_gan import output

    try:
        output.write(output.Target("svg", picture.absolute(), str(picture)), chart)
    except output.TargetError as error:
        raise Refusal(str(error)) from error
