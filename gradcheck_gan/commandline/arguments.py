"""The checks of single options, made before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from gradcheck_gan.commandline.catalogue import catalogue

if TYPE_CHECKING:
    from gradcheck_gan.finding import Severity
    from gradcheck_gan.output import Target
    from gradcheck_gan.request import Request


def report_files(
    _context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]
) -> list[Target]:
    from gradcheck_gan.output import report_target

    return [_target(report_target, name) for name in value]


def graph_file(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> Target | None:
    from gradcheck_gan.output import graph_target

    return None if value is None else _target(graph_target, value)


def baseline_file(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> Target | None:
    from gradcheck_gan.output import baseline_target

    return None if value is None else _target(baseline_target, value)


def run_file(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> Target | None:
    from gradcheck_gan.output import run_target

    return None if value is None else _target(run_target, value)


def _target(parse: Callable[[str], Target], name: str) -> Target:
    from gradcheck_gan.output import TargetError

    try:
        return parse(name)
    except TargetError as error:
        raise click.BadParameter(str(error)) from error


def codes(
    _context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    """Codes and prefixes of codes, each of which must name a rule."""
    wanted = tuple(code.strip().upper() for one in value for code in one.split(",") if code.strip())
    known = [entry.code for entry in catalogue()] if wanted else []
    for code in wanted:
        if not any(rule.startswith(code) for rule in known):
            raise click.BadParameter(unknown_code(code, known))
    return wanted


def severities(
    context: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> dict[str, Severity]:
    """Levels by code or prefix of codes; of two that fit a rule, the longer one counts."""
    from gradcheck_gan.finding import SEVERITIES
    from gradcheck_gan.words import listed

    levels: dict[str, Severity] = {}
    for text in value:
        given, equals, level = text.rpartition("=")
        found = next((one for one in SEVERITIES if one == level.strip().lower()), None)
        if not equals or found is None:
            raise click.BadParameter(
                f"{text!r} is no CODES=LEVEL; levels are {listed(SEVERITIES)}."
            )
        levels |= dict.fromkeys(codes(context, parameter, (given,)), found)
    return levels


def configured(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    """Make the configuration the default of every option that is not given."""
    from pathlib import Path

    from gradcheck_gan.commandline import config

    try:
        found = config.find(config.here()) if value is None else config.load(Path(value))
        context.default_map = config.defaults(found, context)
    except config.ConfigError as error:
        raise click.UsageError(str(error)) from error


def program(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    import shutil
    from pathlib import Path

    found = shutil.which(value) if value is not None else None
    if value is not None and found is None:
        raise click.BadParameter(f"{value!r} is no program; name the dot of Graphviz.")
    return found and str(Path(found).absolute())  # the script may leave this folder


def unknown_code(code: str, known: Iterable[str]) -> str:
    import difflib

    spellings = {one.upper(): one for one in known}
    closest = difflib.get_close_matches(code.upper(), spellings, n=1, cutoff=0.5)
    hint = f"did you mean {spellings[closest[0]]}? " if closest else ""
    return f"no rule is called {code!r}; {hint}`gradcheck-gan rules` lists all."


def misplaced(request: Request, spellings: set[str]) -> list[str]:
    """A hint for each argument of the script that looks like an option of ours."""
    words = dict.fromkeys(argument.partition("=")[0] for argument in request.arguments)
    return [
        f"{word} stands after {request.script} and went to the script; put it before"
        for word in words
        if word.startswith("-") and word in spellings
    ]
