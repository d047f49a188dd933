"""Let a function of torch report when it begins and ends, without a frame of ours around it."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any, Protocol

_NAME = "gradcheck_gan_watch"


class Watch(Protocol):
    """What `begin` returns is handed to whichever of the others is called."""

    def begin(self, *arguments: Any) -> Any: ...

    def end(self, begun: Any, result: Any) -> Any: ...

    def failed(self, begun: Any) -> None: ...


class _Reports(ast.NodeTransformer):
    """`return x` becomes `return watch.end(begun, x)`, in the function itself alone."""

    def visit_Return(self, node: ast.Return) -> ast.Return:
        value = node.value or ast.Constant(None)
        node.value = _call("end", ast.Name(f"{_NAME}_begun", ast.Load()), value)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        return node


def _call(method: str, *arguments: ast.expr) -> ast.Call:
    watch = ast.Name(_NAME, ast.Load())
    return ast.Call(ast.Attribute(watch, method, ast.Load()), list(arguments), [])


def _rewritten(definition: ast.FunctionDef) -> None:
    reports = _Reports()
    body = [reports.visit(statement) for statement in definition.body]
    given = definition.args
    names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    names += [a.arg for a in (given.vararg, given.kwarg) if a is not None]
    begun = f"{_NAME}_begun"
    begin = _call("begin", *(ast.Name(name, ast.Load()) for name in names))
    failed = [
        ast.Expr(_call("failed", ast.Name(begun, ast.Load()))),
        ast.Raise(),
    ]
    definition.body = [
        ast.Assign([ast.Name(_NAME, ast.Store())], ast.Constant(_NAME)),
        ast.Assign([ast.Name(begun, ast.Store())], begin),
        ast.Try(
            [*body, ast.Return(_call("end", ast.Name(begun, ast.Load()), ast.Constant(None)))],
            [ast.ExceptHandler(None, None, failed)],
            [],
            [],
        ),
    ]


def _code(function: FunctionType, watch: Watch) -> CodeType:
    """The function's own code, with its file, name and lines, that reports to the watch."""
    lines, first = inspect.getsourcelines(function.__code__)
    tree = ast.parse(textwrap.dedent("".join(lines)))
    indent = len(lines[0]) - len(lines[0].lstrip())
    for node in ast.walk(tree):
        if isinstance(node, (ast.expr, ast.stmt)):
            node.col_offset += indent
            node.end_col_offset = (node.end_col_offset or 0) + indent
    ast.increment_lineno(tree, first - 1)
    (definition,) = tree.body
    assert isinstance(definition, ast.FunctionDef)
    _rewritten(definition)
    # Functions that say `super()` have the class in a closure, and are to have it again.
    names = [ast.arg(name) for name in function.__code__.co_freevars]
    arguments = ast.arguments([], names, None, [], [], None, [])
    tree.body = [ast.FunctionDef("factory", arguments, [definition], [])]
    module = compile(ast.fix_missing_locations(tree), function.__code__.co_filename, "exec")
    code = _inner(_inner(module))
    constants = tuple(watch if value == _NAME else value for value in code.co_consts)
    code = code.replace(co_consts=constants)
    if sys.version_info >= (3, 11):
        code = code.replace(co_qualname=function.__qualname__)
    return code


def _inner(code: CodeType) -> CodeType:
    return next(value for value in code.co_consts if isinstance(value, CodeType))


@contextmanager
def watched(function: Any, watch: Watch) -> Iterator[None]:
    """The same function object, so that nobody who compares or inspects it sees a change."""
    original = function.__code__
    function.__code__ = _code(function, watch)
    try:
        yield
    finally:
        function.__code__ = original
