"""Click's commands, but for their help: click imports shutil to measure the terminal, slowly."""

from __future__ import annotations

import os
import sys

import click

from gradcheck_gan import terminal
from gradcheck_gan.exits import FAILED

_WIDEST, _NARROWEST, _MARGIN = 80, 50, 2


class Context(click.Context):
    """Gives the width of help that click would find."""

    def make_formatter(self) -> click.HelpFormatter:
        if self.terminal_width is None:
            self.terminal_width = max(min(_columns(), _WIDEST) - _MARGIN, _NARROWEST)
        return super().make_formatter()


def _columns() -> int:
    told = os.environ.get("COLUMNS", "")
    return int(told) if told.isdecimal() and int(told) else terminal.width(sys.stdout)


class Command(click.Command):
    context_class = Context


class Group(click.Group):
    context_class = Context
    command_class = Command


class Refusal(click.ClickException):
    """Bad usage that only a later stage can see."""

    exit_code = FAILED
