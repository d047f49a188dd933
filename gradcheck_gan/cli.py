"""The command line: arguments in, stages run, exit status out."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from gradcheck_gan import __version__
from gradcheck_gan.commandline import options
from gradcheck_gan.commandline.arguments import misplaced
from gradcheck_gan.commandline.commands import Group, Refusal
from gradcheck_gan.commandline.estimating import compare_estimators
from gradcheck_gan.commandline.lookup import explain_command, rules
from gradcheck_gan.exits import FAILED, INTERRUPTED

# What only an inspection needs is imported by its functions, so that the other commands are quick.
if TYPE_CHECKING:
    from pathlib import Path

    from gradcheck_gan.baseline import Known
    from gradcheck_gan.delivery import Delivery
    from gradcheck_gan.ranks.gathering import Reporting
    from gradcheck_gan.request import GraphRequest, Recording, Request, Wanted
    from gradcheck_gan.stored import StoredRun

PROGRAM = "gradcheck-gan"


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
def cli() -> None:
    """Find the line where a GAN's gradient goes wrong."""


@cli.command(context_settings={"allow_interspersed_args": False})
@options.running
@options.standing_in
@options.choosing
@options.showing
@options.saving
@options.configuring
@click.argument("script", metavar="{SCRIPT | -m MODULE}")
@click.argument("arguments", metavar="[ARGS]...", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def inspect(context: click.Context, /, **given: Any) -> None:
    """Run a training script and report its faults.

    It runs as under python; nothing in it has to be changed.

    Options end at SCRIPT or MODULE: everything after it is the script's own.
    """
    from gradcheck_gan.request import Request

    request = Request(**given)
    known = _known(request)
    _check_targets(request, None if request.module else request.script)
    spellings = {name for option in context.command.params for name in option.opts}
    context.exit(_inspect(request, known, misplaced(request, spellings)))


@cli.command("report")
@options.choosing
@options.showing
@options.configuring
@click.argument("run", metavar="RUN")
@click.pass_context
def report_command(context: click.Context, /, run: str, **given: Any) -> None:
    """Show a run that `inspect --save-run` kept, in any format."""
    from gradcheck_gan.request import Wanted

    wanted = Wanted(**given)
    known = _known(wanted)
    _check_targets(wanted)
    context.exit(_report(wanted, run, known))


def _report(wanted: Wanted, name: str, known: Sequence[Known] | None) -> int:
    from gradcheck_gan.commandline.config import here

    root = here()
    return _delivery(wanted, root, known).present(_kept(name, root))


def _kept(name: str, root: Path) -> StoredRun:
    """The run that a file holds, with the source lines as they were."""
    from pathlib import Path

    from gradcheck_gan import stored

    try:
        kept = stored.load(Path(name).read_text(encoding="utf-8"), name)
    except stored.StoredError as error:
        raise Refusal(str(error)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise Refusal(f"{name!r} cannot be read ({reason}).") from error
    stored.restore_sources(kept, root)
    return kept


@cli.command("graph", context_settings={"allow_interspersed_args": False})
@options.drawing
@options.running
@options.standing_in
@options.configuring
@click.argument("script", metavar="{SCRIPT | -m MODULE | RUN}")
@click.argument("arguments", metavar="[ARGS]...", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def graph_command(context: click.Context, /, **given: Any) -> None:
    """Draw the gradient graph of one update.

    It runs SCRIPT as inspect does, or reads RUN, a .json file of `inspect --save-run`. Without
    --update it draws the update that the worst finding is about.
    """
    from gradcheck_gan.request import GraphRequest

    context.exit(_graph(GraphRequest(**given)))


def _graph(request: GraphRequest) -> int:
    from gradcheck_gan.commandline.graphing import Graphing
    from gradcheck_gan.picture import PictureError, check_target
    from gradcheck_gan.picture.wish import Wish

    try:
        check_target(request.graph.path, request.dot)
        wish = Wish(request.update, request.around, request.view)
    except PictureError as error:
        raise click.UsageError(str(error)) from error
    from gradcheck_gan.commandline.config import here

    root = here()
    drawn = Graphing(request.check, request.graph, request.dot, wish, root, sys.stderr)
    if request.is_run:
        return drawn.present(_kept(request.script, root))
    return _recorded(request, root, drawn)


def _known(request: Wanted) -> Sequence[Known] | None:
    """The findings of the baseline; None where there is none to compare with."""
    from gradcheck_gan import baseline

    if request.baseline is None:
        if request.update_baseline:
            raise click.UsageError("--update-baseline needs --baseline FILE.")
        return None
    if request.update_baseline:
        return None
    try:
        return baseline.load(request.baseline)
    except baseline.BaselineError as error:
        raise click.UsageError(str(error)) from error


def _check_targets(request: Wanted, script: str | None = None) -> None:
    from pathlib import Path

    from gradcheck_gan import output

    targets = list(request.targets)
    targets += [target for target in (request.baseline, request.save_run) if target is not None]
    if request.graph is not None:
        from gradcheck_gan.picture import PictureError, check_target

        targets.append(request.graph)
        try:
            check_target(request.graph.path, request.dot)
        except PictureError as error:
            raise click.UsageError(str(error)) from error
    try:
        output.refuse_clashes(targets, Path(script) if script is not None else None)
    except output.TargetError as error:
        raise click.UsageError(str(error)) from error


def _inspect(request: Request, known: Sequence[Known] | None, hints: Sequence[str]) -> int:
    from gradcheck_gan.commandline.config import here

    root = here()
    return _recorded(request, root, _delivery(request, root, known, hints))


def _recorded(request: Recording, root: Path, deliver: Reporting) -> int:
    from gradcheck_gan.commandline.starting import recorded
    from gradcheck_gan.launch import UsageError

    try:
        return recorded(request, root, deliver)
    except UsageError as error:
        raise Refusal(str(error)) from error


def _delivery(
    request: Wanted, root: Path, known: Sequence[Known] | None, hints: Sequence[str] = ()
) -> Delivery:
    from gradcheck_gan.commandline.streams import divert_stdout
    from gradcheck_gan.delivery import Delivery

    alone = request.format != "text" and not request.targets
    return Delivery(
        check=request.check,
        fail_on=request.fail_on,
        format=request.format,
        targets=request.targets,
        graph=request.graph,
        dot=request.dot,
        known=known,
        save=request.save_run,
        baseline=request.baseline if request.update_baseline else None,
        color=request.color,
        root=root,
        terminal=sys.stderr,
        hints=hints,
        alone=divert_stdout() if alone else None,
    )


for command in (rules, explain_command, compare_estimators):
    cli.add_command(command)


def _refused(error: click.ClickException) -> None:
    """Say it; of several processes that were started to train together only one does."""
    from gradcheck_gan.ranks.joining import board_of
    from gradcheck_gan.ranks.refusing import told_once

    runs = sys.argv[1:2] in (["inspect"], ["graph"])
    board = board_of(os.environ, sys.stderr) if runs else None
    if board is None:
        error.show()
    else:
        told_once(board, error.format_message(), error.show)


def main() -> None:
    """Run the command line as a process of its own."""
    try:
        # Given outright, or click expands globs on Windows, those of the script included.
        status = cli.main(sys.argv[1:], prog_name=PROGRAM, standalone_mode=False)
    except click.ClickException as error:
        _refused(error)
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    except Exception as error:
        from gradcheck_gan.delivery import internal_error

        internal_error(error, None, "running")
        status = FAILED
    sys.exit(status)
