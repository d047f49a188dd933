"""Edits of a source that keep its lines where they are."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Edit:
    """Replaces the columns from `start` to `end` of a line; columns count bytes, as in `ast`."""

    line: int
    start: int
    end: int
    text: str


def edited(source: str, edits: Iterable[Edit]) -> str:
    """The source after all edits; those of one line must not overlap."""
    lines = source.encode().split(b"\n")
    for edit in sorted(edits, reverse=True):
        old = lines[edit.line - 1]
        lines[edit.line - 1] = old[: edit.start] + edit.text.encode() + old[edit.end :]
    return b"\n".join(lines).decode()


def text_of(source: str, node: ast.expr | ast.stmt) -> str:
    return ast.get_source_segment(source, node) or ""


def one_line(node: ast.expr | ast.stmt) -> bool:
    return node.lineno == node.end_lineno


def replaced(node: ast.expr | ast.stmt, text: str) -> list[Edit]:
    """The node, which must stand on one line, gives way to the text."""
    assert node.end_col_offset is not None
    return [Edit(node.lineno, node.col_offset, node.end_col_offset, text)]


def wrapped(node: ast.expr | ast.stmt, before: str, after: str) -> list[Edit]:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return [
        Edit(node.lineno, node.col_offset, node.col_offset, before),
        Edit(node.end_lineno, node.end_col_offset, node.end_col_offset, after),
    ]


def statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """All statements, in the order of their lines."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    yield from sorted(found, key=lambda node: (node.lineno, node.col_offset))


def alone(source: str, node: ast.stmt) -> bool:
    """Whether the statement is simple and has its line to itself."""
    simple = isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.Return)
    line = source.split("\n")[node.lineno - 1]
    shares = ast.get_source_segment(source, node) != line.split("  #")[0].strip()
    return simple and one_line(node) and not shares


def calls(tree: ast.AST, method: str) -> Iterator[tuple[ast.Expr, ast.Call, ast.expr]]:
    """Statements that only call this method: the statement, the call, and whose method it is."""
    for node in statements(tree):
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
            continue
        function = node.value.func
        if isinstance(function, ast.Attribute) and function.attr == method:
            yield node, node.value, function.value


def scopes(tree: ast.AST) -> dict[ast.stmt, ast.AST]:
    """For each statement the innermost function, or the module, whose code it is."""
    found: dict[ast.stmt, ast.AST] = {}

    def visit(node: ast.AST, scope: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                found[child] = scope
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            visit(child, child if function else scope)

    visit(tree, tree)
    return found
