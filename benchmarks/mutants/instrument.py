"""A program in which every expression shows its value to the ledger before it is used."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

SEE = "__see__"


@dataclass
class Spot:
    """An expression: where it stands, and which expressions are its arguments if it is a call.

    `term` is its number among the operands of + and - on this line, or None.
    """

    line: int
    start: int
    end_line: int
    end: int
    call: bool
    arguments: list[int] = field(default_factory=list)
    term: int | None = None


def instrumented(source: str) -> tuple[ast.Module, list[Spot]]:
    tree = ast.parse(source)
    maker = _Instrument(_terms(tree))
    maker.visit(tree)
    return ast.fix_missing_locations(tree), maker.spots


def _terms(tree: ast.AST) -> dict[int, int]:
    """By `id` of the node: operands of + and - that are no sums themselves, counted by line."""
    found: dict[int, int] = {}
    counts: dict[int, int] = {}
    for node in ast.walk(tree):
        operands: list[ast.expr] = []
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            operands = [node.left, node.right]
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
            operands = [node.value]
        for operand in operands:
            if isinstance(operand, ast.BinOp) and isinstance(operand.op, ast.Add | ast.Sub):
                continue
            counts[operand.lineno] = counts.get(operand.lineno, -1) + 1
            found[id(operand)] = counts[operand.lineno]
    return found


class _Instrument(ast.NodeTransformer):
    def __init__(self, terms: dict[int, int]) -> None:
        self.terms = terms
        self.spots: list[Spot] = []
        self.numbers: dict[int, int] = {}

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.JoinedStr) or isinstance(getattr(node, "ctx", None), ast.Store):
            return node
        number = id(node)
        changed: ast.AST = super().visit(node)
        seen = (ast.Call, ast.Name, ast.Attribute, ast.BinOp, ast.UnaryOp, ast.Subscript)
        if isinstance(changed, seen) and not isinstance(getattr(changed, "ctx", None), ast.Del):
            return self.shown(changed, self.terms.get(number))
        return changed

    def shown(self, node: ast.expr, term: int | None) -> ast.expr:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        place = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        spot = Spot(*place, isinstance(node, ast.Call), self.arguments(node), term)
        number = len(self.spots)
        self.spots.append(spot)
        function = ast.copy_location(ast.Name(SEE, ast.Load()), node)
        arguments: list[ast.expr] = [ast.copy_location(ast.Constant(number), node), node]
        made = ast.copy_location(ast.Call(function, arguments, []), node)
        self.numbers[id(made)] = number
        return made

    def arguments(self, node: ast.expr) -> list[int]:
        if not isinstance(node, ast.Call):
            return []
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        return [self.numbers[id(each)] for each in given if id(each) in self.numbers]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Attribute):
            node.func.value = self.expression(node.func.value)
        elif not isinstance(node.func, ast.Name):
            node.func = self.expression(node.func)
        node.args = [self.expression(each) for each in node.args]
        for keyword in node.keywords:
            keyword.value = self.expression(keyword.value)
        return node

    def expression(self, node: ast.expr) -> ast.expr:
        changed = self.visit(node)
        assert isinstance(changed, ast.expr)
        return changed

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = [self.statement(each) for each in node.body]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = [self.statement(each) for each in node.body]
        return node

    def statement(self, node: ast.stmt) -> ast.stmt:
        changed = self.visit(node)
        assert isinstance(changed, ast.stmt)
        return changed

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.expression(node.value)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        node.value = self.expression(node.value)
        return node
