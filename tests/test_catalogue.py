"""The catalogue says what the rules say, and light commands load little of the package."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from harness import ROOT

from gradcheck_gan.checking import all_rules
from gradcheck_gan.cli import cli
from gradcheck_gan.commandline.catalogue import Entry, catalogue

LIGHT = {
    "cli",
    "commandline",
    "commandline.arguments",
    "commandline.catalogue",
    "commandline.commands",
    "commandline.estimating",
    "commandline.interrupts",
    "commandline.lookup",
    "commandline.options",
    "exits",
    "report",
    "report.explain",
    "terminal",
}


def test_catalogue_is_what_the_rules_say() -> None:
    rules = sorted(all_rules(), key=lambda rule: rule.code)
    assert catalogue() == [
        Entry(rule.code, rule.severity, rule.name, rule.summary, rule.default) for rule in rules
    ]


@pytest.mark.parametrize("arguments", [["--help"], ["rules"], ["explain", "detached-player"]])
def test_light_command_loads_little(arguments: list[str]) -> None:
    told = "sys.modules if name.startswith('gradcheck_gan.')"
    source = (
        "import sys, atexit\n"
        f"atexit.register(lambda: print('|', *(name for name in {told})))\n"
        f"sys.argv[1:] = {arguments!r}\n"
        "from gradcheck_gan.cli import main\n"
        "main()\n"
    )
    argv = [sys.executable, "-c", source]
    run = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = run.stdout.rpartition("|")[2].split()
    assert loaded
    assert {name.partition(".")[2] for name in loaded} <= LIGHT


def test_help_is_as_wide_as_click_would_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in ("40", "70", "200", "0", "x"):
        monkeypatch.setenv("COLUMNS", columns)
        context = cli.make_context("gradcheck-gan", ["rules"])
        assert context.make_formatter().width == click.HelpFormatter().width
