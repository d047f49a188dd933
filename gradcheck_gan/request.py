"""What a command was asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gradcheck_gan.exits import FailOn
from gradcheck_gan.finding import Severity
from gradcheck_gan.output import Target
from gradcheck_gan.terminal import ColorChoice

if TYPE_CHECKING:
    from gradcheck_gan.checking import CheckOptions
    from gradcheck_gan.stand_ins import Surroundings


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What becomes of a run, whether it was just recorded or read from a file."""

    generator: tuple[str, ...] = ()
    discriminator: tuple[str, ...] = ()
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    severity: Mapping[str, Severity]
    baseline: Target | None
    update_baseline: bool
    fail_on: FailOn
    format: str
    targets: list[Target]
    graph: Target | None
    dot: str | None
    color: ColorChoice
    save_run: Target | None = None

    @property
    def check(self) -> CheckOptions:
        from gradcheck_gan.checking import CheckOptions

        return CheckOptions(
            self.select, self.ignore, self.generator, self.discriminator, self.severity
        )


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What is recorded."""

    script: str
    arguments: tuple[str, ...]
    module: bool
    rounds: int
    max_steps: int
    timeout: float
    fake_data: bool = False
    setup: str | None = None
    batch_size: int | None = None
    keep_writes: bool = False
    start_after: int = 0

    def surroundings(self, folder: str) -> Surroundings:
        """What stands in; `folder` is where the command was started."""
        from gradcheck_gan.stand_ins import Surroundings, Wanted

        place = folder if self.module else os.path.join(folder, os.path.dirname(self.script))
        return Surroundings(
            Wanted(
                fake_data=self.fake_data,
                setup=self.setup,
                on_cpu=True,
                batch_size=self.batch_size,
                folders=() if self.keep_writes else (folder, place),
            )
        )

    @property
    def check(self) -> CheckOptions:
        """What becomes of it is nobody's wish here."""
        from gradcheck_gan.checking import CheckOptions

        return CheckOptions()

    @property
    def raw(self) -> bool:
        """Whether autograd's own graph is wanted, which can be had only while the script runs."""
        return False


@dataclass(frozen=True, kw_only=True)
class Request(Wanted, Recording):
    """What is recorded, and what becomes of it; the fields are the options of inspect."""


@dataclass(frozen=True, kw_only=True)
class GraphRequest(Recording):
    """The options of the command that draws alone."""

    graph: Target
    dot: str | None
    update: str
    around: str
    view: Literal["module", "op", "raw"]
    generator: tuple[str, ...]
    discriminator: tuple[str, ...]

    @property
    def raw(self) -> bool:
        return self.view == "raw"

    @property
    def is_run(self) -> bool:
        return not self.module and self.script.lower().endswith(".json")

    @property
    def check(self) -> CheckOptions:
        from gradcheck_gan.checking import CheckOptions

        return CheckOptions(generator=self.generator, discriminator=self.discriminator)
