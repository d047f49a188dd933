"""`rules` and `explain`: what is known, without running anything."""

from __future__ import annotations

import os
import sys

import click

from gradcheck_gan import terminal
from gradcheck_gan.commandline.arguments import unknown_code
from gradcheck_gan.commandline.catalogue import catalogue
from gradcheck_gan.commandline.commands import Command, Refusal
from gradcheck_gan.report import explain

PROGRAM = "gradcheck-gan"


@click.command(cls=Command)
def rules() -> None:
    """List the rules and what each one finds."""
    known = catalogue()
    longest = max((len(entry.name) for entry in known), default=0)
    for entry in known:
        default = "" if entry.default else " (off by default)"
        summary = f"{entry.summary}{default}"
        line = f"{entry.code}  {entry.severity:<7}  {entry.name:<{longest}}  {summary}"
        terminal.say(sys.stdout, f"{line}\n")


@click.command("explain", cls=Command)
@click.argument("code", required=False)
@click.option("--error", metavar="TEXT", help="A message of torch, pasted, instead of a code.")
def explain_command(code: str | None, error: str | None) -> None:
    """Show what a rule finds, and how to put it right; or what torch means by an error."""
    if (code is None) == (error is None):
        raise click.UsageError("give either a CODE or --error TEXT.")
    page = _page(code) if code is not None else _explained(error or "")
    color = terminal.colored("auto", sys.stdout, os.environ)
    terminal.say(sys.stdout, explain.render(page, color=color))


def _page(code: str) -> str:
    names = {entry.name: entry.code for entry in catalogue()}
    found = names.get(code.lower(), code.upper())
    if found not in names.values():
        raise click.UsageError(unknown_code(code, [*names.values(), *names]))
    page = explain.page(found)
    if page is None:
        raise Refusal(f"the page of {found} is missing; install {PROGRAM} again.")
    return page


def _explained(message: str) -> str:
    from gradcheck_gan.report import errors

    found = errors.explained(message)
    if found is None:
        titles = "; ".join(one.title for one in errors.EXPLANATIONS)
        raise Refusal(f"no known message is in this text; known are: {titles}.")
    return found
