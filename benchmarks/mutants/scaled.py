"""Faults in the use of a gradient scaler: past it, beside it, clipped too early, not scaled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.mutants.program import Mutant, Program
from benchmarks.mutants.source import Edit, calls, replaced, text_of, wrapped
from benchmarks.mutants.wrong import Fact

CODES = ("GG501",)
_LIKE = 0.1


def scaled(program: Program) -> Iterator[Mutant]:
    for make in (_past, _not_scaled, _clipped_early):
        yield from make(program)


def _past(program: Program) -> Iterator[Mutant]:
    for node, call, base, owners in program.steps():
        if "scal" in text_of(program.source, base) and len(call.args) == 1:
            plain = f"{text_of(program.source, call.args[0])}.step()"
            line, owner = node.lineno, min(owners)
            instead, beside = tuple(replaced(node, plain)), tuple(wrapped(node, "", f"; {plain}"))
            yield Mutant("stepped past scaler", CODES, line, instead, owner)
            yield Mutant("stepped beside scaler", CODES, line, beside, owner)


def _not_scaled(program: Program) -> Iterator[Mutant]:
    for node, _, base in calls(program.tree, "backward"):
        owners = program.owners_at(node.lineno)
        scale = getattr(getattr(base, "func", None), "attr", "")
        if owners and scale == "scale":
            loss = text_of(program.source, getattr(base, "args")[0])  # noqa: B009
            edits = tuple(replaced(node, f"{loss}.backward()"))
            yield Mutant("loss not scaled", CODES, node.lineno, edits, min(owners))


def _clipped_early(program: Program) -> Iterator[Mutant]:
    """The line that unscales and the clip behind it change places."""
    lines = program.source.split("\n")
    for node, _, _ in calls(program.tree, "unscale_"):
        unscale, clip = lines[node.lineno - 1], lines[node.lineno]
        if "clip_grad" in clip:
            edits = (
                Edit(node.lineno, 0, len(unscale), clip),
                Edit(node.lineno + 1, 0, len(clip), unscale),
            )
            stepped = [own for step, _, _, own in program.steps() if step.lineno > node.lineno]
            owner = min(stepped[0]) if stepped else None
            yield Mutant("clipped before unscaling", CODES, node.lineno, edits, owner)


def wrongly_scaled(
    mutant: Mutant, program: Program, account: dict[str, Any], repeated: set[int]
) -> Iterator[Fact]:
    """The first step of the player found gradients of another size than in the right program.

    Nothing before it was changed, so that they would be the same. One more step on the same
    gradients is one past the scaler.
    """
    before, now = (_first(each, mutant.owner) for each in (program.account, account))
    if (mutant.operator == "stepped beside scaler" and mutant.line in repeated) or (
        before
        and now
        and any(_differ(size, now.get(label, size)) for label, size in before.items())
    ):
        yield Fact("GG501", mutant.line)


def _first(account: dict[str, Any], owner: int | None) -> dict[str, float]:
    return next((each["sizes"] for each in account["steps"] if each["owner"] == owner), {})


def _differ(one: float, other: float) -> bool:
    return abs(one - other) > _LIKE * max(one, other)
