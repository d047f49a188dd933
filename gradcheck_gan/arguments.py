"""What inspect was asked for, and the checks of single options."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradcheck_gan import output
from gradcheck_gan.exits import FailOn

if TYPE_CHECKING:
    from gradcheck_gan.checking import CheckOptions


@dataclass(frozen=True)
class Request:
    """What inspect was asked for; the fields are its options."""

    script: str
    arguments: tuple[str, ...]
    module: bool
    rounds: int
    max_steps: int
    timeout: float
    generator: tuple[str, ...]
    discriminator: tuple[str, ...]
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    fail_on: FailOn
    format: str
    targets: list[output.Target]
    graph: output.Target | None
    dot: str | None
    color: output.ColorChoice

    @property
    def check(self) -> CheckOptions:
        from gradcheck_gan.checking import CheckOptions

        return CheckOptions(self.select, self.ignore, self.generator, self.discriminator)


def file(parse: Callable[[str], output.Target]) -> Callable[..., Any]:
    """A click callback that checks output files before anything runs."""

    def check(
        _context: click.Context, _parameter: click.Parameter, value: str | tuple[str, ...] | None
    ) -> output.Target | list[output.Target] | None:
        try:
            if value is None:
                return None
            return parse(value) if isinstance(value, str) else [parse(one) for one in value]
        except output.TargetError as error:
            raise click.BadParameter(str(error)) from error

    return check


def codes(
    _context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    """Codes and prefixes of codes, each of which must name a rule."""
    wanted = tuple(code.strip().upper() for one in value for code in one.split(",") if code.strip())
    known = known_codes() if wanted else ()
    for code in wanted:
        if not any(rule.startswith(code) for rule in known):
            raise click.BadParameter(unknown_code(code, known))
    return wanted


def program(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    found = shutil.which(value) if value is not None else None
    if value is not None and found is None:
        raise click.BadParameter(f"{value!r} is no program; name the dot of Graphviz.")
    return found and str(Path(found).absolute())  # the script may leave this folder


def known_codes() -> tuple[str, ...]:
    from gradcheck_gan.checking import all_rules

    return tuple(rule.code for rule in all_rules())


def unknown_code(code: str, known: Iterable[str]) -> str:
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
