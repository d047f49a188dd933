"""Cuts in every way that people make them, at every expression that a gradient runs through."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from benchmarks.mutants.program import Mutant, Program
from benchmarks.mutants.source import Edit, alone, statements

_NONE = (
    "type('Cut', (torch.autograd.Function,), dict(forward=staticmethod(lambda ctx, t: t.clone()), "
    "backward=staticmethod(lambda ctx, g: None))).apply({})"
)
_ONE_HOT = "(lambda t: torch.nn.functional.one_hot(t.argmax(-1), t.size(-1)).to(t.dtype))({})"
_ANY, _SCALAR, _ARRAY = "any", "scalar", "array"

# The operator, the code that names it, which values it suits, and the text.
DETACHED = (
    ("detach()", "GG101", _ANY, "({}).detach()"),
    (".data", "GG101", _ANY, "({}).data"),
    ("detach_()", "GG101", _ANY, "({}).detach_()"),
)
OTHERS = (
    ("tolist", "GG105", _ANY, "torch.tensor(({}).tolist())"),
    ("round", "GG104", _ANY, "({}).round()"),
    ("threshold", "GG103", _ANY, "(({}) > 0).float()"),
    ("item", "GG105", _SCALAR, "torch.tensor(({}).item())"),
    ("argmax", "GG103", _ARRAY, _ONE_HOT),
    ("sign", "GG104", _ANY, "torch.sign({})"),
    ("numpy", "GG105", _ANY, "torch.from_numpy(({}).detach().numpy())"),
    ("None in backward", "GG108", _ANY, _NONE),
    ("long", "GG103", _ANY, "({}).long().float()"),
    ("floor", "GG104", _ANY, "torch.floor({})"),
    ("where", "GG103", _ANY, "torch.where(({}) > 0, 1.0, -1.0)"),
    ("bucketize", "GG103", _ANY, "torch.bucketize({}, torch.linspace(-1, 1, 9)).float()"),
    ("trunc", "GG104", _ANY, "({}).trunc()"),
    ("bernoulli", "GG104", _ANY, "torch.bernoulli(torch.sigmoid({}))"),
    ("div floor", "GG104", _ANY, "torch.div({}, 0.5, rounding_mode='floor')"),
)
REGIONS = (
    ("no_grad", "GG102", "with torch.no_grad(): ", ""),
    ("grad disabled", "GG102", "torch.set_grad_enabled(False); ", "; torch.set_grad_enabled(True)"),
)


def cuts(program: Program) -> Iterator[Mutant]:
    """At each place a detaching one and one of the others, in turn."""
    for turn, place in enumerate(places(program)):
        node = {"line": place["line"], "start": place["start"], "end": place["end"]}
        yield _cut(program, node, DETACHED[turn % len(DETACHED)])
        fitting = [each for each in OTHERS if each[2] in (_ANY, _kind(place))]
        yield _cut(program, node, fitting[turn % len(fitting)])
    yield from _regions(program)


def places(program: Program) -> list[dict[str, Any]]:
    """Expressions on one line whose value a pass runs through, the innermost last."""
    found = [
        spot
        for spot in program.account["spots"]
        if spot["passes"] and spot["graph"] and spot["line"] == spot["end_line"]
    ]
    return sorted(found, key=lambda spot: (spot["line"], spot["start"], -spot["end"]))


def _kind(place: dict[str, Any]) -> str:
    return _SCALAR if place["scalar"] else _ARRAY


def _cut(program: Program, place: dict[str, int], way: tuple[str, str, str, str]) -> Mutant:
    line, start, end = place["line"], place["start"], place["end"]
    text = program.source.encode().split(b"\n")[line - 1][start:end].decode()
    operator, code, _, spelling = way
    codes = (code, "GG101") if operator == "numpy" else (code,)
    return Mutant(operator, codes, line, (Edit(line, start, end, spelling.format(text)),))


def _regions(program: Program) -> Iterator[Mutant]:
    lines = {spot["line"] for spot in places(program)}
    turn = 0
    for node in statements(program.tree):
        if not alone(program.source, node) or node.lineno not in lines or _runs(node):
            continue
        operator, code, before, after = REGIONS[turn % len(REGIONS)]
        if isinstance(node, ast.Return):
            operator, code, before, after = REGIONS[0]
        start, end = node.col_offset, node.end_col_offset
        assert end is not None
        edits = (Edit(node.lineno, start, start, before), Edit(node.lineno, end, end, after))
        yield Mutant(operator, (code,), node.lineno, edits)
        turn += 1


def _runs(node: ast.stmt) -> bool:
    """A pass or a step in the statement: the region would be about that."""
    names = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
    return bool(names & {"backward", "step", "grad"})
