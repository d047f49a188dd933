"""What the rules say of themselves, read from their source: importing them takes far longer."""

from __future__ import annotations

import ast
import os
import re
from typing import NamedTuple

FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "rules")
_RULE = re.compile(r"^RULE = Rule\((?:.*\)|\n(?:.*\n)*?\))$", re.MULTILINE)


class Entry(NamedTuple):
    """A rule as lists and messages show it."""

    code: str
    severity: str
    name: str
    summary: str
    default: bool


def catalogue() -> list[Entry]:
    """All rules, in the order of their codes."""
    files = (os.path.join(FOLDER, name) for name in os.listdir(FOLDER) if name.endswith(".py"))
    return sorted(entry for file in files if (entry := _entry(file)) is not None)


def _entry(file: str) -> Entry | None:
    with open(file, encoding="utf-8") as module:
        found = _RULE.search(module.read())
    if found is None:
        return None
    (rule,) = ast.parse(found[0]).body
    assert isinstance(rule, ast.Assign)
    assert isinstance(rule.value, ast.Call)
    code, name, severity, summary = map(ast.literal_eval, rule.value.args)
    given = {word.arg: word.value for word in rule.value.keywords}
    default = ast.literal_eval(given["default"]) if "default" in given else True
    return Entry(code, severity, name, summary, default)
