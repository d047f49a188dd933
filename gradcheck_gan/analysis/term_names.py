"""The additive terms of a loss by the names that the user's source gives them."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from gradcheck_gan.analysis.terms import Term
from gradcheck_gan.run import Location


def named_terms(terms: Iterable[Term], root: Path) -> dict[str, Term]:
    """Each term by the variable it was assigned to, else by its source text, else by its line."""
    terms = list(terms)
    variables = [_variable(term.value.location, root) for term in terms]
    found: dict[str, Term] = {}
    for term, variable in zip(terms, variables, strict=True):
        alone = variable is not None and variables.count(variable) == 1
        name = variable if variable and alone else _source(term.value.location, root)
        found.setdefault(name, term)
    return found


def term_called(name: str, named: Mapping[str, Term]) -> Term | None:
    """The term of that name; of an attribute the last part will do, if only one ends so."""
    if name in named:
        return named[name]
    alike = [term for known, term in named.items() if known.endswith(f".{name}")]
    return alike[0] if len(alike) == 1 and name.isidentifier() else None


def _lines(location: Location, root: Path) -> list[str]:
    return linecache.getlines(str(root / location.file))


def _variable(location: Location | None, root: Path) -> str | None:
    if location is None:
        return None
    try:
        tree = ast.parse("".join(_lines(location, root)))
    except (SyntaxError, ValueError, RecursionError):
        return None
    around = [node for node in _assignments(tree) if _holds(node, location)]
    if not around:
        return None
    target = around[-1].targets[0]
    return ast.unparse(target) if isinstance(target, (ast.Name, ast.Attribute)) else None


def _assignments(tree: ast.Module) -> Iterator[ast.Assign]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Assign))


def _holds(node: ast.Assign, location: Location) -> bool:
    return node.lineno <= location.line <= (node.end_lineno or node.lineno)


def _source(location: Location | None, root: Path) -> str:
    if location is None:
        return "a term from an unknown line"
    lines = _lines(location, root)
    whole = location.end_line in (None, location.line)
    if whole and location.column and location.end_column and location.line <= len(lines):
        return lines[location.line - 1][location.column - 1 : location.end_column - 1]
    return f"line {location.line}"
