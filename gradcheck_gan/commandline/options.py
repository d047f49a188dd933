"""The options that commands share, in groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from gradcheck_gan.commandline.arguments import (
    baseline_file,
    codes,
    configured,
    graph_file,
    program,
    report_files,
    run_file,
    severities,
)
from gradcheck_gan.report import FORMATS, SUFFIXES

Command = TypeVar("Command", bound=Callable[..., Any])


def together(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


running = together(
    click.option("-m", "module", is_flag=True, help="Run a module, as python -m does."),
    click.option(
        "--rounds",
        type=click.IntRange(1),
        metavar="N",
        default=2,
        show_default=True,
        help="Stop when every player has been updated this often.",
    ),
    click.option(
        "--max-steps",
        type=click.IntRange(1),
        metavar="N",
        default=500,
        show_default=True,
        help="Stop after this many steps of all optimizers together.",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(0),
        default=300,
        show_default=True,
        metavar="SECONDS",
        help="Stop after this time; 0 is never.",
    ),
    click.option(
        "--generator",
        multiple=True,
        metavar="NAME",
        help="A variable, attribute path, class or optimizer that is a generator; may repeat.",
    ),
    click.option(
        "--discriminator",
        multiple=True,
        metavar="NAME",
        help="The same for a discriminator or critic; may repeat.",
    ),
)

standing_in = together(
    click.option(
        "--fake-data",
        is_flag=True,
        help="Let small random data sets stand in for absent ones, and for absent packages.",
    ),
    click.option(
        "--setup",
        metavar="FILE",
        help="Run this Python file first, with stand-ins of your own.",
    ),
    click.option(
        "--batch-size",
        type=click.IntRange(1),
        metavar="N",
        help="Let no DataLoader give larger batches than this.",
    ),
    click.option(
        "--keep-writes",
        is_flag=True,
        help="Let the script write its files; else they land in a scratch folder.",
    ),
    click.option(
        "--start-after",
        type=click.IntRange(0),
        metavar="N",
        default=0,
        help="Skip the first N steps of all optimizers together, then begin to watch.",
    ),
)

choosing = together(
    click.option(
        "--select",
        multiple=True,
        metavar="CODES",
        callback=codes,
        help="Report these rules only: GG101,GG2; may repeat.",
    ),
    click.option(
        "--ignore",
        multiple=True,
        metavar="CODES",
        callback=codes,
        help="Leave these rules out; may repeat.",
    ),
    click.option(
        "--severity",
        multiple=True,
        metavar="CODES=LEVEL",
        callback=severities,
        help="Count these rules as error, warning or note: GG201=error; may repeat.",
    ),
    click.option(
        "--baseline",
        metavar="FILE",
        callback=baseline_file,
        help="Report only findings that are not in this file.",
    ),
    click.option(
        "--update-baseline",
        is_flag=True,
        help="Write the findings of this run to the baseline first.",
    ),
    click.option(
        "--fail-on",
        type=click.Choice(["error", "warning", "note", "never"]),
        default="error",
        show_default=True,
        help="Exit with status 1 for a finding as severe as this, or worse.",
    ),
)

dot = click.option(
    "--dot", metavar="PATH", callback=program, help="The dot program of Graphviz to draw with."
)

showing = together(
    click.option(
        "--format",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        help="text goes to standard error; any other has standard output for itself.",
    ),
    click.option(
        "-o",
        "--output",
        "targets",
        multiple=True,
        metavar="FILE",
        callback=report_files,
        help=f"Write the report to FILE; {', '.join(SUFFIXES)} or FORMAT:FILE; may repeat.",
    ),
    click.option(
        "--graph",
        metavar="FILE",
        callback=graph_file,
        help="Draw the gradient graph of the faulty update to FILE (.svg, .png, .pdf, .dot).",
    ),
    dot,
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Colour the report; auto heeds NO_COLOR, FORCE_COLOR and the terminal.",
    ),
)

drawing = together(
    click.option(
        "-o",
        "--graph",
        metavar="FILE",
        required=True,
        callback=graph_file,
        help="Draw to FILE (.svg, .png, .pdf, .dot).",
    ),
    click.option(
        "--update",
        metavar="NAME",
        default="",
        help="Draw the update of this player, or of the backward call at this line.",
    ),
    click.option(
        "--around",
        metavar="LINE",
        default="",
        help="Draw only what is near LINE or FILE:LINE, with the modules around it opened.",
    ),
    click.option(
        "--view",
        type=click.Choice(["module", "op", "raw"]),
        default="module",
        show_default=True,
        help="Fold the calls of modules into boxes, show operations, or autograd's own graph.",
    ),
    dot,
)

saving = click.option(
    "--save-run",
    metavar="FILE",
    callback=run_file,
    help="Keep the run in FILE, for `report`.",
)

configuring = click.option(
    "--config",
    metavar="FILE",
    is_eager=True,
    expose_value=False,
    callback=configured,
    help="Read [tool.gradcheck-gan] here instead of in the nearest pyproject.toml.",
)
