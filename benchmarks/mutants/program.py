"""A right program and what the ledger told of it: the ground on which faults are planted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.mutants.source import Edit, calls, edited

_JUDGES = re.compile(r"^# discriminators: (.*)$", re.MULTILINE)
_OPTIMIZERS = set("Adam AdamW SGD RMSprop Adagrad Adamax NAdam RAdam Adadelta LBFGS".split())


@dataclass(frozen=True)
class Mutant:
    """A planted change.

    `codes` are those that the change is made for, the one that names it best first; none of them
    counts unless the ledger confirms it. `line` is where it was planted. `facts` are what its
    confirmation needs: an optimizer, or a line that a code is told at.
    """

    operator: str
    codes: tuple[str, ...]
    line: int
    edits: tuple[Edit, ...]
    owner: int | None = None
    at: int | None = None

    def source(self, original: str) -> str:
        return edited(original, self.edits)


@dataclass(frozen=True)
class Program:
    path: Path
    source: str
    account: dict[str, Any]

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @property
    def name(self) -> str:
        return self.path.stem

    @cached_property
    def optimizers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.account["optimizers"]
        return found

    @cached_property
    def own(self) -> list[set[str]]:
        """For each optimizer the sites of the passes that its steps read."""
        return sites_read(self.account)

    def owners_at(self, line: int) -> set[int]:
        """Whose passes run on this line."""
        passes = [each for each in self.account["passes"] if each["line"] == line]
        return {owner for each in passes for owner, _ in each["read_by"]}

    def steps(self) -> Iterator[tuple[ast.Expr, ast.Call, ast.expr, set[int]]]:
        """Statements that step an optimizer, and which ones they step."""
        for statement, call, base in calls(self.tree, "step"):
            owners = {s["owner"] for s in self.account["steps"] if s["line"] == statement.lineno}
            if owners:
                yield statement, call, base, owners

    def constructors(self) -> Iterator[tuple[int, ast.stmt, ast.Call]]:
        """Each optimizer that has a call of its own, and the statement it stands in."""
        for statement in ast.walk(self.tree):
            if isinstance(statement, ast.Assign):
                yield from self._made_by(statement)

    def _made_by(self, statement: ast.Assign) -> Iterator[tuple[int, ast.stmt, ast.Call]]:
        made = [n for n in ast.walk(statement) if isinstance(n, ast.Call) and _is_optimizer(n)]
        made.sort(key=lambda node: (node.lineno, node.col_offset))
        lines = {node.lineno for node in made}
        numbers = [k for k, each in enumerate(self.optimizers) if each["line"] in lines]
        if len(numbers) == len(made):
            yield from (
                (number, statement, node) for number, node in zip(numbers, made, strict=True)
            )

    def judge(self, owner: int) -> bool:
        return bool(self.optimizers[owner]["judge"])


def _is_optimizer(node: ast.Call) -> bool:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in _OPTIMIZERS and bool(node.args)


def mark_shared_sites(account: dict[str, Any]) -> None:
    """A site whose passes are read by different optimizers in turn is one for each of them."""
    readers: dict[str, set[tuple[int, ...]]] = {}
    for each in account["passes"]:
        owners = tuple(sorted({owner for owner, _ in each["read_by"]}))
        readers.setdefault(each["site"], set()).add(owners)
    for each in account["passes"]:
        if len(readers[each["site"]]) > 1:
            each["site"] += f"#{sorted({owner for owner, _ in each['read_by']})}"


def sites_read(account: dict[str, Any]) -> list[set[str]]:
    found: list[set[str]] = [set() for _ in account["optimizers"]]
    for each in account["passes"]:
        for owner, _ in each["read_by"]:
            found[owner].add(each["site"])
    return found


def judges_of(source: str) -> tuple[str, ...]:
    match = _JUDGES.search(source)
    return tuple(match[1].split()) if match else ()
