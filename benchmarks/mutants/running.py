"""Makes the mutants of a program, lets the ledger and the tool run them, and compares."""

from __future__ import annotations

import ast
import contextlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.mutants.alike import look_alikes
from benchmarks.mutants.cuts import cuts
from benchmarks.mutants.program import Mutant, Program, judges_of, mark_shared_sites
from benchmarks.mutants.scaled import scaled
from benchmarks.mutants.server import Server
from benchmarks.mutants.terms import terms
from benchmarks.mutants.truth import Truth, truth
from benchmarks.mutants.wiring import wiring

PROGRAMS = Path(__file__).with_name("programs")
LIMIT = 40


@dataclass(frozen=True)
class Verdict:
    """A mutant, what is true of it and what the tool found that it does not find unmutated."""

    program: str
    operator: str
    line: int
    truth: Truth
    found: tuple[tuple[str, int], ...]
    messages: tuple[str, ...] = ()
    text: str = ""

    @property
    def told(self) -> bool:
        return any(code in self.truth.facts for code, _ in self.found)

    @property
    def placed(self) -> bool:
        return any(line in self.truth.facts.get(code, ()) for code, line in self.found)

    @property
    def extra(self) -> tuple[tuple[str, int], ...]:
        true = self.truth.facts.keys() | self.truth.beside
        return tuple((code, line) for code, line in self.found if code not in true)


def all_mutants(program: Program) -> list[Mutant]:
    """Each change once, if it leaves a program that compiles."""
    found: dict[str, Mutant] = {}
    for make in (cuts, wiring, terms, scaled, look_alikes):
        for mutant in make(program):
            with contextlib.suppress(SyntaxError):
                changed = mutant.source(program.source)
                ast.parse(changed)
                if changed != program.source:
                    found.setdefault(changed, mutant)
    return list(found.values())


@dataclass(frozen=True)
class Setting:
    """How a program is started, if not plainly: arguments, discriminators, steps to wait for."""

    arguments: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    limit: int = LIMIT


class Bench:
    """Runs programs in a server; each mutant takes the place of a file in `folder`."""

    def __init__(self, server: Server, folder: Path, setting: Setting | None = None) -> None:
        self.server, self.folder = server, folder
        self.setting = setting or Setting()

    def learn(self, path: Path) -> tuple[Program, list[list[Any]]]:
        """The program with its account, and what the tool says of it unmutated."""
        source = path.read_text(encoding="utf-8")
        copy = self.write(path.name, source)
        account = self.account(copy, self.judges(source))
        if "failed" in account or account["error"]:
            raise RuntimeError(f"{path.name}: {account.get('failed') or account['error']}")
        mark_shared_sites(account)
        return Program(path, source, account), self.findings(copy)

    def judges(self, source: str) -> tuple[str, ...]:
        return self.setting.judges or judges_of(source)

    def write(self, name: str, source: str) -> Path:
        copy = self.folder / name
        copy.write_text(source, encoding="utf-8")
        return copy

    def account(self, copy: Path, judges: Iterable[str]) -> dict[str, Any]:
        return self.ask("account", copy, judges=list(judges), limit=self.setting.limit)

    def ask(self, kind: str, copy: Path, **rest: object) -> dict[str, Any]:
        return self.server.ask(kind, copy, arguments=list(self.setting.arguments), **rest)

    def findings(self, copy: Path, rounds: int = 2) -> list[list[Any]]:
        answer = self.ask("findings", copy, rounds=rounds)
        if "failed" in answer:
            return [["failed", str(copy), 0, answer["failed"]]]
        found: list[list[Any]] = answer["findings"]
        return found

    def judge(self, program: Program, mutant: Mutant, usual: list[list[Any]]) -> Verdict:
        source = mutant.source(program.source)
        copy = self.write(program.path.name, source)
        true = truth(mutant, program, self.account(copy, self.judges(source)))
        if true.kind == "invalid":
            return Verdict(program.name, mutant.operator, mutant.line, true, ())
        known = [(code, line) for code, _, line, _ in usual]
        # What is needless may be needed in a later round: only a whole run can tell.
        rounds = 1000 if mutant.codes == ("GG311",) else 2
        found = [each for each in self.findings(copy, rounds) if (each[0], each[2]) not in known]
        places = tuple((code, line) for code, _, line, _ in found)
        messages = tuple(f"{code}:{line} {message}" for code, _, line, message in found)
        text = source.split("\n")[mutant.line - 1].strip()
        return Verdict(program.name, mutant.operator, mutant.line, true, places, messages, text)


@dataclass(frozen=True)
class Draw:
    """Which mutants of a program are made: those of some kinds, and a sample of these."""

    sample: int | None = None
    seed: int = 0
    changes: frozenset[str] | None = None

    def of(self, program: Program) -> list[Mutant]:
        every = all_mutants(program)
        mutants = [each for each in every if self.changes is None or each.operator in self.changes]
        if self.sample is None:
            return mutants
        drawn = random.Random(f"{self.seed} {program.name}")
        return drawn.sample(mutants, min(self.sample, len(mutants)))


def verdicts(bench: Bench, paths: Iterable[Path], draw: Draw = Draw()) -> Iterator[Verdict]:
    """Of every program first itself, as a mutant that changes nothing."""
    for path in paths:
        yield from of_one(bench, path, draw)


def of_one(bench: Bench, path: Path, draw: Draw) -> Iterator[Verdict]:
    program, usual = bench.learn(path)
    places = tuple((code, line) for code, _, line, _ in usual)
    yield Verdict(program.name, "unmutated", 0, Truth("equivalent"), places)
    for mutant in draw.of(program):
        yield bench.judge(program, mutant, usual)
