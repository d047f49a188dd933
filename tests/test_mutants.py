"""The benchmark of planted faults: its mutator, its ledger's truth, and a run of a few mutants."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.mutants import table
from benchmarks.mutants.cuts import DETACHED, OTHERS, REGIONS
from benchmarks.mutants.instrument import instrumented
from benchmarks.mutants.program import Mutant, Program, judges_of
from benchmarks.mutants.running import PROGRAMS, Bench, Verdict, all_mutants
from benchmarks.mutants.server import Server
from benchmarks.mutants.source import Edit, edited
from benchmarks.mutants.truth import Truth

PATHS = sorted(PROGRAMS.glob("*.py"))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("mutants")
    with Server(folder) as server:
        yield Bench(server, folder)


@pytest.fixture(scope="module")
def vanilla(bench: Bench) -> Program:
    program, usual = bench.learn(PROGRAMS / "vanilla.py")
    assert usual == []
    return program


def line_of(program: Program, text: str) -> int:
    (number,) = (n for n, line in enumerate(program.source.split("\n"), 1) if text in line)
    return number


def chosen(program: Program, operator: str, text: str, changed: str) -> Mutant:
    """The mutant of this operator on the line with this text that has the other text instead."""
    line = line_of(program, text)
    (mutant,) = (
        one
        for one in all_mutants(program)
        if one.operator == operator
        and one.line == line
        and changed in one.source(program.source).split("\n")[line - 1]
    )
    return mutant


def test_there_are_enough_programs_and_each_says_who_judges() -> None:
    assert len(PATHS) >= 25
    assert all(judges_of(path.read_text(encoding="utf-8")) for path in PATHS)


def test_edits_of_one_line_do_not_move_each_other() -> None:
    source = "a = f(x)\nb = 'é' + g(y)\n"
    edits = [Edit(1, 6, 7, "long_name"), Edit(1, 0, 1, ""), Edit(2, 13, 14, "z")]
    assert edited(source, edits) == " = f(long_name)\nb = 'é' + g(z)\n"


def test_instrumented_program_keeps_its_lines() -> None:
    source = (PROGRAMS / "pix2pix.py").read_text(encoding="utf-8")
    tree, spots = instrumented(source)
    plain = [type(n).__name__ for n in ast.walk(ast.parse(source)) if isinstance(n, ast.stmt)]
    assert [type(n).__name__ for n in ast.walk(tree) if isinstance(n, ast.stmt)] == plain
    assert {spot.line for spot in spots} <= set(range(1, len(source.split("\n")) + 1))


def test_mutants_keep_the_lines_and_change_only_their_own(vanilla: Program) -> None:
    before = vanilla.source.split("\n")
    mutants = all_mutants(vanilla)
    assert len(mutants) > 60
    for mutant in mutants:
        after = mutant.source(vanilla.source).split("\n")
        assert len(after) == len(before)
        changed = {
            n for n, pair in enumerate(zip(before, after, strict=True), 1) if len({*pair}) > 1
        }
        assert changed == {
            edit.line for edit in mutant.edits if edit.text or edit.start != edit.end
        }
        assert mutant.line in changed


def test_every_way_to_cut_is_used_somewhere(bench: Bench) -> None:
    ways = {way[0] for way in (*DETACHED, *OTHERS, *REGIONS)}
    used: set[str] = set()
    for name in ("cyclegan", "pix2pix"):
        used |= {mutant.operator for mutant in all_mutants(bench.learn(PROGRAMS / f"{name}.py")[0])}
    assert ways <= used


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_program_trains_all_that_its_optimizers_hold(bench: Bench, path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    account = bench.account(bench.write(path.name, source), judges_of(source))
    assert account["error"] is None
    assert {True, False} == {optimizer["judge"] for optimizer in account["optimizers"]}
    held = {label for optimizer in account["optimizers"] for label in optimizer["labels"]}
    assert held == {
        label for step in account["steps"] for of in step["reads"].values() for label in of
    }


@pytest.mark.parametrize(
    ("operator", "text", "changed", "code", "place"),
    [
        ("detach()", "g_loss = ", "D((fake).detach())", "GG101", "g_loss = "),
        ("no_grad", "g_loss = ", "with torch.no_grad(): g_loss", "GG102", "g_loss = "),
        ("not cleared", "opt_d.zero_grad()", "pass", "GG203", "opt_d.step()"),
        ("no step", "opt_g.step()", "pass", "GG305", "opt_g = "),
        ("wrong parameters", "opt_g = ", "SGD(D.parameters()", "GG204", "opt_g = "),
        ("parameters twice", "opt_d = ", "[*D.", "GG310", "opt_d = "),
        ("stepped twice", "opt_g.step()", "opt_g.step(); opt_g.step()", "GG308", "opt_g.step()"),
        ("cleared before step", "opt_g.step()", "zero_grad(); ", "GG302", "opt_g.step()"),
        ("root of zero", "g_loss.backward()", ".sqrt()", "GG107", "g_loss.backward()"),
        ("silenced loss", "g_loss.backward()", "requires_grad_", "GG112", "g_loss.backward()"),
    ],
)
def test_planted_fault_is_true_and_found(
    bench: Bench, vanilla: Program, operator: str, text: str, changed: str, code: str, place: str
) -> None:
    verdict = bench.judge(vanilla, chosen(vanilla, operator, text, changed), [])
    assert (verdict.truth.kind, verdict.truth.code) == ("fault", code)
    assert line_of(vanilla, place) in verdict.truth.facts[code]
    assert verdict.told
    assert verdict.placed
    assert not verdict.extra


@pytest.mark.parametrize(
    ("operator", "text", "changed"),
    [
        ("cleared twice", "opt_d.zero_grad()", "; opt_d.zero_grad()"),
        ("live loss required", "g_loss.backward()", "requires_grad_"),
        ("foreign parameters too", "opt_d = ", "[*D."),
    ],
)
def test_harmless_change_is_no_fault_and_nothing_is_said(
    bench: Bench, vanilla: Program, operator: str, text: str, changed: str
) -> None:
    candidates = [one for one in all_mutants(vanilla) if one.operator == operator]
    line = line_of(vanilla, text)
    mutant = next(
        one
        for one in candidates
        if one.line == line and changed in one.source(vanilla.source).split("\n")[line - 1]
    )
    verdict = bench.judge(vanilla, mutant, [])
    assert verdict.truth.kind == "equivalent"
    assert verdict.found == ()


def verdict(kind: str, code: str, found: Any, facts: Any = None, operator: str = "x") -> Verdict:
    return Verdict("p", operator, 1, Truth(kind, code, facts or {}), tuple(found))


def test_table_counts_recall_and_false_alarms() -> None:
    told = [
        verdict("fault", "GG101", [("GG101", 3)], {"GG101": {3}}),
        verdict("fault", "GG101", [("GG101", 4), ("GG201", 9)], {"GG101": {3}}),
        verdict("fault", "GG101", [], {"GG101": {3}}),
        verdict("invalid", "", [("GG101", 4)]),
        verdict("equivalent", "", [], operator="unmutated"),
        verdict("equivalent", "", [("GG110", 4)]),
    ]
    lines = table.table(told)
    assert lines[2] == "| GG101 detached-player | 3 | 2 (66.7 %) | 1 (33.3 %) | 1 |"
    assert lines[-2:] == [
        "| right programs, unmutated | 1 | 0 | - | 0 |",
        "| right programs after a change that does no harm | 1 | 1 | - | 1 |",
    ]
    assert table.shortcomings(told) == [
        "| false alarm |  | x | 1 | p |",
        "| missed | GG101 | x | 1 | p |",
        "| other line | GG101 | x | 1 | p |",
    ]


def test_only_its_own_section_of_the_page_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- mutants -->\nold\n<!-- /mutants -->\nafter\n", encoding="utf-8")
    table.update(page, "new\n")
    text = page.read_text(encoding="utf-8")
    assert text == "before\n<!-- mutants -->\nnew\n<!-- /mutants -->\nafter\n"
