"""Records a short script in this process; a test speaks of its lines by marks like `#: cut`."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import torch

from gradcheck_gan.analysis.flow import Link
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.finding import Finding
from gradcheck_gan.recording import Recorder
from gradcheck_gan.run import Backward, Outcome, Parameter, Run, Status, Step, Value
from gradcheck_gan.stop import StopInspection

MARK = re.compile(r"#: (\w+)")
FOLDER = TemporaryDirectory(prefix="scripts")
NUMBERS = count()

# Two linear players, G of one layer and D of one layer, as most tests need them.
PLAYERS = """
import torch
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0)
G = nn.Linear(2, 3)
D = nn.Linear(3, 1)
optG = torch.optim.SGD(G.parameters(), lr=0.1)
optD = torch.optim.SGD(D.parameters(), lr=0.1)
z = torch.randn(4, 2)
real = torch.randn(4, 3)
"""


@dataclass(frozen=True)
class Recorded:
    """A run, what the script's variables hold at its end, and where its marks stand."""

    run: Run
    scope: dict[str, Any]
    marks: dict[str, int]
    error: BaseException | None

    @property
    def passes(self) -> list[Backward]:
        return [event for event in self.run.events if isinstance(event, Backward)]

    @property
    def steps(self) -> list[Step]:
        return [event for event in self.run.events if isinstance(event, Step)]

    @property
    def study(self) -> Study:
        return Study(self.run)

    def parameter(self, name: str) -> Parameter:
        """The parameter of that name, as `G.weight` or the name of a variable."""
        found = [each for each in self.run.parameters.values() if each.name == name]
        assert len(found) == 1, f"{name}: {[p.name for p in self.run.parameters.values()]}"
        return found[0]

    def deposits(self, event: Backward) -> dict[str, bool]:
        """Per name of a parameter that the pass deposited in, whether the deposit was not zero."""
        named = {self.run.parameters[each].name: not d.zero for each, d in event.deposits.items()}
        return dict(sorted(named.items()))

    def values(self, mark: str) -> list[Value]:
        """The values made on a marked line, oldest first."""
        line = self.marks[mark]
        found = [v for v in self.run.values.values() if v.location and v.location.line == line]
        return sorted(found, key=lambda value: value.id)

    def player(self, name: str) -> Player:
        found = [player for player in self.study.players if player.name == name]
        assert len(found) == 1, [str(player) for player in self.study.players]
        return found[0]

    def link(self, player: str, number: int = -1) -> Link:
        """How the player is joined to the roots of a pass."""
        return self.study.link(self.passes[number], self.player(player))

    def culprits(self, player: str, number: int = -1) -> list[int]:
        """The lines of the cuts or zeros between the player and a pass."""
        places = [value.location for value in self.link(player, number).culprits]
        return [place.line for place in places if place is not None]

    def consumed(self) -> list[dict[str, int]]:
        """Per step, how many passes' deposits it found in each parameter."""
        names = self.run.parameters
        return [
            {names[each].name: len(orders) for each, orders in found.passes.items()}
            for found in self.study.ledger.consumptions
        ]

    def marked(self, findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
        """Code and mark of each finding."""
        names = {line: mark for mark, line in self.marks.items()}
        return sorted((f.code, names.get(f.location.line, str(f.location))) for f in findings)


def record(
    source: str,
    *,
    players: bool = False,
    status: Status = "complete",
    rounds: int = 100,
    max_steps: int = 1000,
    start_after: int = 0,
) -> Recorded:
    """Run the script under a recorder, until it ends, raises or is stopped."""
    source = (PLAYERS if players else "") + textwrap.dedent(source)
    path = Path(FOLDER.name, f"script{next(NUMBERS)}.py")
    path.write_text(source, encoding="utf-8")
    marks = {
        match[1]: number
        for number, line in enumerate(source.splitlines(), 1)
        for match in MARK.finditer(line)
    }
    recorder = Recorder(
        path.name,
        rounds=rounds,
        max_steps=max_steps,
        base=FOLDER.name,
        start_after=start_after,
    )
    with as_main(path) as scope, torch.random.fork_rng(), recorder:
        error: BaseException | None = None
        try:
            exec(compile(source, str(path), "exec", dont_inherit=True), scope)
        except (Exception, StopInspection) as raised:
            error = raised
        reached = Outcome(
            status,
            rounds=recorder.rounds,
            steps=recorder.steps,
            stopped_by=recorder.stopped_by,
            skipped=recorder.skipped,
        )
        run = recorder.run(reached)
    ours = [note for note in run.notes if "recording failed" in note]
    assert not ours, ours
    return Recorded(run, scope, marks, error)


@contextmanager
def as_main(path: Path) -> Iterator[dict[str, Any]]:
    """The variables of a fresh `__main__`: the recorder looks there for names."""
    module = ModuleType("__main__")
    module.__file__ = str(path)
    before = sys.modules["__main__"]
    sys.modules["__main__"] = module
    try:
        yield vars(module)
    finally:
        sys.modules["__main__"] = before


def only(values: list[Value], name: str) -> Value:
    """The one value of that name."""
    found = [value for value in values if value.name == name]
    assert len(found) == 1, [value.name for value in values]
    return found[0]
