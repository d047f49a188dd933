"""Faults in what a loss is made of: attached fakes, reals for fakes, terms and penalties."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from benchmarks.mutants.program import Mutant, Program
from benchmarks.mutants.source import Edit, alone, replaced, scopes, statements, text_of, wrapped


def terms(program: Program) -> Iterator[Mutant]:
    for make in (attached, reals, dropped, penalties, frozen_penalties, clipped_early, clamped):
        yield from make(program)


def attached(program: Program) -> Iterator[Mutant]:
    """A detach goes away: harmless, wasteful or wrong, as the ledger says."""
    codes = ("GG202", "GG303", "GG201")
    for node in ast.walk(program.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "detach" and node.lineno == node.end_lineno:
                text = text_of(program.source, node.func.value)
                yield Mutant("not detached", codes, node.lineno, tuple(replaced(node, text)))
        elif isinstance(node, ast.Attribute) and node.attr == "data":
            if isinstance(node.ctx, ast.Load) and node.lineno == node.end_lineno:
                text = text_of(program.source, node.value)
                yield Mutant("not detached", codes, node.lineno, tuple(replaced(node, text)))
        elif isinstance(node, ast.With) and "no_grad" in text_of(
            program.source, node.items[0].context_expr
        ):
            yield Mutant("no_grad gone", codes, node.lineno, tuple(_opened(program, node)))


def _opened(program: Program, node: ast.With) -> Iterator[Any]:
    line = program.source.encode().split(b"\n")[node.lineno - 1]
    yield Edit(node.lineno, node.col_offset, len(line.rstrip()), "if True:")


def reals(program: Program) -> Iterator[Mutant]:
    """Where the discriminator is to judge what was made, it gets data of the same shape."""
    where, nodes = _nodes(program)
    by_index = {(s["line"], s["start"], s["end"]): s for s in program.account["spots"]}
    makers = _labels(program, judge=False)
    judges = _labels(program, judge=True)
    for (line, start, end), spot in by_index.items():
        node = nodes.get((line, start, end))
        given = set(spot["reached"])
        if not isinstance(node, ast.Name) or not given & makers or given & judges:
            continue
        if not spot["passes"] or not _is_judged(program, spot, judges):
            continue
        names = _constants(by_index, nodes, where, where.get(node), spot["shapes"])
        for name in sorted(names)[:1]:
            edits = tuple(replaced(node, name))
            yield Mutant("real for fake", ("GG109", "GG110"), line, edits, at=line)


def _is_judged(program: Program, spot: dict[str, Any], judges: set[str]) -> bool:
    met = [each for each in program.account["meetings"] if each[0] == spot["line"]]
    return any(set(value) & judges and not set(given) & judges for _, _, given, value in met)


def _constants(
    spots: dict[tuple[int, int, int], dict[str, Any]],
    nodes: dict[tuple[int, int, int], ast.expr],
    where: dict[ast.AST, ast.AST],
    scope: ast.AST | None,
    shapes: list[Any],
) -> set[str]:
    """Names of data of these shapes in the same function."""
    return {
        node.id
        for place, spot in spots.items()
        if isinstance(node := nodes.get(place), ast.Name)
        and where.get(node) is scope
        and spot["constant"]
        and not spot["reached"]
        and spot["shapes"] == shapes
    }


def _labels(program: Program, judge: bool) -> set[str]:
    owned = [each["labels"] for each in program.optimizers if bool(each["judge"]) is judge]
    return {label for labels in owned for label in labels}


def _nodes(
    program: Program,
) -> tuple[dict[ast.AST, ast.AST], dict[tuple[int, int, int], ast.expr]]:
    """For each expression its function; and expressions on one line by place."""
    where: dict[ast.AST, ast.AST] = {}
    places: dict[tuple[int, int, int], ast.expr] = {}
    for statement, scope in scopes(program.tree).items():
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.For | ast.While | ast.If):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.expr) and node.lineno == node.end_lineno:
                assert node.end_col_offset is not None
                where[node] = scope
                places.setdefault((node.lineno, node.col_offset, node.end_col_offset), node)
    return where, places


def dropped(program: Program) -> Iterator[Mutant]:
    """A term is computed and left out of the sum; nothing else reads it."""
    linear = {(s["line"], s["start"], s["end"]) for s in program.account["spots"] if s["linear"]}
    where, _ = _nodes(program)
    for node in ast.walk(program.tree):
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add):
            continue
        for left, kept in ((node.left, node.right), (node.right, node.left)):
            place = (left.lineno, left.col_offset, left.end_col_offset)
            name = next((n for n in ast.walk(left) if _has_graph(program, n)), None)
            if (
                not isinstance(name, ast.Name)
                or place not in linear
                or node.lineno != node.end_lineno
            ):
                continue
            made = _only_made(program, name, where)
            if made is not None and isinstance(left, ast.Name | ast.BinOp):
                text = text_of(program.source, kept)
                edits = tuple(replaced(node, text))
                yield Mutant("term left out", ("GG309",), node.lineno, edits, at=made)


def _has_graph(program: Program, node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and any(
        (spot["line"], spot["start"], spot["end"])
        == (node.lineno, node.col_offset, node.end_col_offset)
        and spot["graph"]
        for spot in program.account["spots"]
    )


def _only_made(program: Program, name: ast.Name, where: dict[ast.AST, ast.AST]) -> int | None:
    """The line of the only assignment to a name that is read once."""
    same = [n for n in ast.walk(program.tree) if isinstance(n, ast.Name) and n.id == name.id]
    loads = [n for n in same if isinstance(n.ctx, ast.Load)]
    stores = [n for n in same if isinstance(n.ctx, ast.Store)]
    alone_ = len(loads) == 1 and len(stores) == 1 and where.get(name) is not None
    return stores[0].lineno if alone_ else None


def penalties(program: Program) -> Iterator[Mutant]:
    for node in ast.walk(program.tree):
        if isinstance(node, ast.keyword) and node.arg == "create_graph":
            edits = tuple(replaced(node.value, "False"))
            yield Mutant("no create_graph", ("GG401",), node.value.lineno, edits)


def frozen_penalties(program: Program) -> Iterator[Mutant]:
    """The discriminator is frozen while its penalty is computed."""
    lines = {
        spot["line"]
        for spot in program.account["spots"]
        if "slope" in spot["reached"] and spot["scalar"] and spot["passes"]
    }
    for owner, _, made in program.constructors():
        text = text_of(program.source, made.args[0])
        if not program.judge(owner) or not text.endswith(".parameters()"):
            continue
        net = text.removesuffix(".parameters()")
        for node in statements(program.tree):
            fits = isinstance(node, ast.Assign) and alone(program.source, node)
            if fits and node.lineno in lines and _calls(node):
                before, after = f"{net}.requires_grad_(False); ", f"; {net}.requires_grad_(True)"
                edits = tuple(wrapped(node, before, after))
                yield Mutant("frozen for penalty", ("GG402",), node.lineno, edits, owner)


def _calls(node: ast.stmt) -> bool:
    return any(isinstance(each, ast.Call) for each in ast.walk(node))


def clipped_early(program: Program) -> Iterator[Mutant]:
    """The loop that clips weights and the step before it change places."""
    lines = program.source.split("\n")
    for node, _, _, _ in program.steps():
        clip = lines[node.lineno] if node.lineno < len(lines) else ""
        if ".clamp_(" not in clip:
            continue
        step = lines[node.lineno - 1]
        edits = (Edit(node.lineno, 0, len(step), clip), Edit(node.lineno + 1, 0, len(clip), step))
        yield Mutant("clipped before step", ("GG403",), node.lineno, edits)


def clamped(program: Program) -> Iterator[Mutant]:
    """What was made is clamped to a range in which nothing of it lies before it is judged."""
    makers, judges = _labels(program, judge=False), _labels(program, judge=True)
    _, nodes = _nodes(program)
    for spot in program.account["spots"]:
        node = nodes.get((spot["line"], spot["start"], spot["end"]))
        given = set(spot["reached"])
        made = given & makers and not given & judges and spot["passes"]
        if isinstance(node, ast.Name) and made and _is_judged(program, spot, judges):
            text = f"({node.id}).clamp(7.0, 8.0)"
            edits = tuple(replaced(node, text))
            yield Mutant("clamped away", ("GG107",), node.lineno, edits)
