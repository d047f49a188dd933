"""Changes that look like faults and are none: the tool must stay silent."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.mutants.cuts import places
from benchmarks.mutants.program import Mutant, Program
from benchmarks.mutants.source import alone, calls, replaced, statements, text_of, wrapped

WAYS = (
    ("straight-through", "(lambda t: t + (t.round() - t).detach())({})"),
    ("clone", "({}).clone()"),
    ("scaled gradient", "(lambda t: t.detach() + 0.5 * (t - t.detach()))({})"),
    ("hard minus soft", "(lambda t: (t > 0).float() - t.detach() + t)({})"),
)


def look_alikes(program: Program) -> Iterator[Mutant]:
    for turn, place in enumerate(places(program)):
        if turn % 3 == 0 and place["call"]:
            operator, way = WAYS[(turn // 3) % len(WAYS)]
            node = _node(program, place["line"], place["start"], place["end"])
            if node is not None:
                text = way.format(text_of(program.source, node))
                yield Mutant(operator, (), node.lineno, tuple(replaced(node, text)))
    yield from _clears(program)
    yield from _losses(program)
    yield from _logs(program)
    yield from _signs(program)


def _node(program: Program, line: int, start: int, end: int) -> ast.expr | None:
    for node in ast.walk(program.tree):
        if (
            isinstance(node, ast.expr)
            and node.lineno == node.end_lineno == line
            and (node.col_offset, node.end_col_offset) == (start, end)
        ):
            return node
    return None


def _clears(program: Program) -> Iterator[Mutant]:
    for node, call, _ in calls(program.tree, "zero_grad"):
        again = f"; {text_of(program.source, call)}"
        yield Mutant("cleared twice", (), node.lineno, tuple(wrapped(node, "", again)))
    for node, _, base, owners in program.steps():
        plain = isinstance(base, ast.Name | ast.Attribute) and len(owners) == 1
        if plain and "scaler" not in text_of(program.source, base):
            after = f"; {text_of(program.source, base)}.zero_grad()"
            yield Mutant("cleared after step", (), node.lineno, tuple(wrapped(node, "", after)))


def _losses(program: Program) -> Iterator[Mutant]:
    for node, _, base in calls(program.tree, "backward"):
        if isinstance(base, ast.Name | ast.Attribute):
            before = f"{text_of(program.source, base)}.requires_grad_(True); "
            yield Mutant("live loss required", (), node.lineno, tuple(wrapped(node, before, "")))


def _logs(program: Program) -> Iterator[Mutant]:
    lines = {place["line"] for place in places(program)}
    for node in statements(program.tree):
        if isinstance(node, ast.Assign) and node.lineno in lines and alone(program.source, node):
            (target, *_) = node.targets
            if isinstance(target, ast.Name | ast.Attribute):
                after = f"; noted = {text_of(program.source, target)}.detach().mean()"
                yield Mutant("detached note", (), node.lineno, tuple(wrapped(node, "", after)))


def _signs(program: Program) -> Iterator[Mutant]:
    """No rule claims a wrong sign: which one is meant cannot be observed."""
    seen = {(each["line"], each["start"]) for each in places(program) if each["scalar"]}
    for node in ast.walk(program.tree):
        if (
            isinstance(node, ast.UnaryOp)
            and isinstance(node.op, ast.USub)
            and (node.lineno, node.col_offset) in seen
            and node.lineno == node.end_lineno
        ):
            text = f"(+{text_of(program.source, node.operand)})"
            yield Mutant("sign", (), node.lineno, tuple(replaced(node, text)))
