"""The stages behind the command line, replaced: no torch, and they keep what they were given."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

import gradcheck_gan.commandline.starting  # noqa: F401 - what it imports is needed before it is replaced
from gradcheck_gan import __version__
from gradcheck_gan.cli import cli
from gradcheck_gan.commandline import arguments, lookup
from gradcheck_gan.commandline.catalogue import Entry
from gradcheck_gan.finding import Finding, PassFlow, PlayerSummary, Reach, Report, Tool
from gradcheck_gan.run import Location, Outcome, Run

HERE = Location("train.py", 1)
ERROR = Finding("GG101", "detached-player", "error", "0 of 4 got a gradient.", HERE, "Drop it.")
JUDGED = Report(
    Tool("gradcheck-gan", __version__, None, "3"),
    "train.py",
    Outcome("stopped", None, None, 2, 4, "rounds"),
    (
        PlayerSummary("netG", "generator", 4, ("optG",)),
        PlayerSummary("netD", "discriminator", 4, ("optD",)),
    ),
    (PassFlow("backward", 1, HERE, ("netG",), {"netG": Reach(flows=4)}),),
)
RULES = [
    Entry("GG101", "error", "detached-player", "Cut.", default=True),
    Entry("GG206", "note", "state-changed", "Moved.", default=False),
]


class UsageError(Exception):
    pass


class PictureError(Exception):
    pass


class NoSuchPlayerError(Exception):
    pass


@dataclass
class Stages:
    """Stands for everything between the arguments and the report, and keeps what it was given."""

    report: Report = JUDGED
    error: Exception | None = None
    during: Callable[[], object] = lambda: None
    given: dict[str, Any] = field(default_factory=dict)
    real_stdout: io.BytesIO = field(default_factory=io.BytesIO)
    redirected: bool = False

    def prepare(self, target: SimpleNamespace) -> SimpleNamespace:
        self.given["target"] = target
        if not Path(target.name).exists() and target.kind == "script":
            raise UsageError(f"no such file: {target.name}")
        return target

    def recorder(self, target: str, **limits: object) -> SimpleNamespace:
        self.given |= limits
        return SimpleNamespace(steps=0, together=SimpleNamespace())

    def inspect(
        self,
        prepared: object,
        recorder: object,
        timeout: float,
        deliver: Callable[[Run], int],
        surroundings: Any,
        board: object,
    ) -> int:
        self.given["timeout"] = timeout
        self.given["stand_ins"] = surroundings.wanted
        self.given["redirected"] = self.redirected
        self.during()
        return deliver(Run("train.py", self.report.outcome))

    def judge(self, run: Run, options: SimpleNamespace) -> Report:
        self.given["options"] = options
        if self.error is not None:
            raise self.error
        return self.report

    def write_graph(self, run: Run, report: Report, path: Path, dot: str | None) -> str:
        self.given["dot"] = dot
        path.write_text("<svg/>")
        return "drawn by a test"

    def divert_stdout(self) -> io.BytesIO:
        self.redirected = True
        return self.real_stdout


def check_options(*values: object) -> SimpleNamespace:
    names = ("select", "ignore", "generator", "discriminator", "severities")
    return SimpleNamespace(**dict(zip(names, values, strict=True)))


def target(kind: str, name: str, arguments: tuple[str, ...]) -> SimpleNamespace:
    return SimpleNamespace(kind=kind, name=name, arguments=arguments)


def installed(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Stages:
    """Stages in the place of the real ones, and a script in the folder that is worked in."""
    fake = Stages()
    modules = {
        "launch": {"Target": target, "UsageError": UsageError, "prepare": fake.prepare},
        "recording": {"Recorder": fake.recorder},
        "recording.spawning": {"watched_spawning": lambda *_: nullcontext()},
        "session": {"inspect": fake.inspect},
        "stand_ins": {
            "Surroundings": lambda wanted: SimpleNamespace(wanted=wanted),
            "Wanted": SimpleNamespace,
        },
        "commandline.streams": {"divert_stdout": fake.divert_stdout},
        "picture": {
            "PictureError": PictureError,
            "check_target": lambda path, dot: None,
            "write_graph": fake.write_graph,
        },
        "checking": {
            "CheckOptions": check_options,
            "NoMatchError": NoSuchPlayerError,
            "judge": fake.judge,
            "narrowed": lambda report, options: report,
            "codes_in_use": lambda options: frozenset({"GG101"}),
        },
    }
    for name, members in modules.items():
        monkeypatch.setitem(sys.modules, f"gradcheck_gan.{name}", SimpleNamespace(**members))  # type: ignore[arg-type]
    for name in ("NO_COLOR", "FORCE_COLOR", "GRADCHECK_GAN_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    (folder / "train.py").write_text("x = 1\n")
    for user in (arguments, lookup):
        monkeypatch.setattr(user, "catalogue", lambda: RULES)
    monkeypatch.chdir(folder)
    return fake


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)
