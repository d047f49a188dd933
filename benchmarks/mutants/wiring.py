"""Faults in how losses, passes, clears, steps and optimizers hang together."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.mutants.program import Mutant, Program
from benchmarks.mutants.source import alone, calls, replaced, scopes, statements, text_of, wrapped


def wiring(program: Program) -> Iterator[Mutant]:
    for make in (clears, between, passes, steps, moved_steps, optimizers, copies, joint):
        yield from make(program)


def clears(program: Program) -> Iterator[Mutant]:
    """Whatever clears gradients goes away; what follows from that is for the ledger to say."""
    codes = ("GG203", "GG205", "GG202", "GG307", "GG308")
    for node in statements(program.tree):
        text = text_of(program.source, node)
        called = isinstance(node, ast.Expr) and ("zero_grad(" in text or "reset_grad(" in text)
        set_none = isinstance(node, ast.Assign) and text.endswith(".grad = None")
        if (called or set_none) and node.lineno == node.end_lineno:
            yield Mutant("not cleared", codes, node.lineno, tuple(replaced(node, "pass")))


def between(program: Program) -> Iterator[Mutant]:
    """Of several passes for one step the earlier are cleared, or the last comes after the step."""
    where = program_scopes(program)
    found = [(node, program.owners_at(node.lineno)) for node, *_ in calls(program.tree, "backward")]
    for stepping, call, base, owners in program.steps():
        mine = [
            node
            for node, filled in found
            if filled & owners and where[node] is where[stepping] and node.lineno < stepping.lineno
        ]
        if len(mine) < 2 or call.args:
            continue
        last, step, owner = mine[-1], text_of(program.source, call), min(owners)
        name = text_of(program.source, base)
        edits = tuple(wrapped(last, f"{name}.zero_grad(); ", "")[:1])
        yield Mutant("cleared between passes", ("GG302",), last.lineno, edits, owner)
        early = (*replaced(stepping, "pass"), *wrapped(last, f"{step}; ", "")[:1])
        codes = ("GG302", "GG303")
        yield Mutant("step before last pass", codes, last.lineno, early, owner)


def passes(program: Program) -> Iterator[Mutant]:
    for node, call, base in calls(program.tree, "backward"):
        owners = program.owners_at(node.lineno)
        if not owners:
            continue
        line, loss, whole = (
            node.lineno,
            text_of(program.source, base),
            text_of(program.source, call),
        )
        owner = min(owners)
        codes = ("GG301", "GG309", "GG203", "GG205")
        gone, made = tuple(replaced(node, "pass")), _made(program, node, base)
        yield Mutant("no backward", codes, line, gone, owner, made)
        yield Mutant("backward twice", ("GG303",), line, tuple(wrapped(node, "", f"; {whole}")))
        silenced = whole.replace(loss, f"({loss}).detach().requires_grad_(True)", 1)
        yield Mutant("silenced loss", ("GG112",), line, tuple(replaced(node, silenced)), owner)
        rebuilt = whole.replace(loss, f"torch.tensor(({loss}).item(), requires_grad=True)", 1)
        yield Mutant("rebuilt loss", ("GG112",), line, tuple(replaced(node, rebuilt)), owner)
        if not call.args and not call.keywords:
            kept = f"{loss}.backward(retain_graph=True)"
            yield Mutant("retained", ("GG311",), line, tuple(replaced(node, kept)), owner)
        if isinstance(base, ast.Name | ast.Attribute):
            text = whole.replace(loss, f"({loss} + ({loss} - {loss}).sqrt())", 1)
            yield Mutant("root of zero", ("GG107",), line, tuple(replaced(node, text)), owner)


def _made(program: Program, node: ast.stmt, base: ast.expr) -> int | None:
    """The line that last assigned the loss, if that is a name which nothing else reads after."""
    if not isinstance(base, ast.Name):
        return None
    where = program_scopes(program)
    same = [
        each
        for each in statements(program.tree)
        if isinstance(each, ast.Assign) and where[each] is where[node] and each.lineno < node.lineno
        if any(isinstance(t, ast.Name) and t.id == base.id for t in each.targets)
    ]
    loads = [n for n in ast.walk(program.tree) if isinstance(n, ast.Name) and n.id == base.id]
    later = [n for n in loads if isinstance(n.ctx, ast.Load) and n.lineno != node.lineno]
    return same[-1].lineno if same and not later else None


def steps(program: Program) -> Iterator[Mutant]:
    found = list(program.steps())
    for node, call, base, owners in found:
        line, whole, owner = node.lineno, text_of(program.source, call), min(owners)
        made = program.optimizers[owner]["line"]
        stepped = call.args[0] if call.args and "scal" in text_of(program.source, base) else base
        name = text_of(program.source, stepped)
        yield Mutant("no step", ("GG305",), line, tuple(replaced(node, "pass")), owner, made)
        closure = call.args and stepped is base
        if closure:
            continue
        yield Mutant(
            "stepped twice", ("GG308",), line, tuple(wrapped(node, "", f"; {whole}")), owner
        )
        before = f"{name}.zero_grad(); "
        yield Mutant(
            "cleared before step", ("GG302",), line, tuple(wrapped(node, before, "")), owner
        )
        for _, other_call, other_base, other_owners in found:
            other = other_call.args[0] if other_call.args else other_base
            if not owners & other_owners and not (call.args or other_call.args):
                spelled = text_of(program.source, other)
                codes = ("GG205", "GG202", "GG203", "GG305")
                edit = tuple(replaced(stepped, spelled))
                yield Mutant("wrong optimizer stepped", codes, line, edit, min(other_owners))
                both = tuple(wrapped(node, "", f"; {spelled}.step()"))
                yield Mutant("other optimizer stepped too", codes, line, both, min(other_owners))


def moved_steps(program: Program) -> Iterator[Mutant]:
    """A player's step waits until just before another player's pass."""
    where = program_scopes(program)
    for node, call, _, owners in program.steps():
        if call.args:
            continue
        for later, _, _ in calls(program.tree, "backward"):
            after = later.lineno > node.lineno and where[later] is where[node]
            if after and not owners & program.owners_at(later.lineno):
                text = f"{text_of(program.source, call)}; "
                edits = (*replaced(node, "pass"), *wrapped(later, text, "")[:1])
                yield Mutant("step before backward", ("GG303",), later.lineno, edits, min(owners))
                break


def program_scopes(program: Program) -> dict[ast.stmt, ast.AST]:
    return scopes(program.tree)


def optimizers(program: Program) -> Iterator[Mutant]:
    made = list(program.constructors())
    for owner, _, node in made:
        given, line = node.args[0], node.lineno
        text = text_of(program.source, given)
        spread = f"list({text})"
        for other, _, other_node in made:
            if program.judge(owner) != program.judge(other):
                foreign = text_of(program.source, other_node.args[0])
                yield Mutant(
                    "wrong parameters", ("GG204",), line, tuple(replaced(given, foreign)), owner
                )
                both = tuple(replaced(given, f"[*{text}, *{foreign}]"))
                yield Mutant("foreign parameters too", ("GG204",), line, both, owner)
        twice = tuple(replaced(given, f"[*{text}, *{text}]"))
        yield Mutant("parameters twice", ("GG310",), line, twice, owner)
        part = tuple(replaced(given, f"{spread}[2:]"))
        yield Mutant("parameters missing", ("GG304",), line, part, owner)


def copies(program: Program) -> Iterator[Mutant]:
    """The net is copied, or frozen, after its optimizer was made."""
    for owner, statement, node in program.constructors():
        given = node.args[0]
        method = isinstance(given, ast.Call) and isinstance(given.func, ast.Attribute)
        if not method or not alone(program.source, statement):
            continue
        assert isinstance(given, ast.Call)
        assert isinstance(given.func, ast.Attribute)
        net = text_of(program.source, given.func.value)
        if given.func.attr != "parameters" or not net.replace(".", "").isidentifier():
            continue
        line = statement.lineno
        copied = f"; {net} = __import__('copy').deepcopy({net})"
        yield Mutant("copied after", ("GG306",), line, tuple(wrapped(statement, "", copied)), owner)
        frozen = f"; {net}.requires_grad_(False)"
        yield Mutant("left frozen", ("GG106",), line, tuple(wrapped(statement, "", frozen)), owner)


def joint(program: Program) -> Iterator[Mutant]:
    """One summed pass for both players, each of whom then steps."""
    where = program_scopes(program)
    found = [each for each in calls(program.tree, "backward") if isinstance(each[2], ast.Name)]
    stepped = [(node, call, owners) for node, call, _, owners in program.steps() if not call.args]
    for first, _, one in found:
        for second, _, two in found:
            mine, theirs = program.owners_at(first.lineno), program.owners_at(second.lineno)
            apart = text_of(program.source, one) != text_of(program.source, two)
            later = first.lineno < second.lineno and where[first] is where[second]
            alone_ = len(mine) == len(theirs) == 1 and mine != theirs and apart and later
            if not alone_ or program.judge(*mine) == program.judge(*theirs):
                continue
            step = [each for each in stepped if each[2] == mine and where[each[0]] is where[first]]
            last = [
                each for each in stepped if each[2] == theirs and where[each[0]] is where[first]
            ]
            if len(step) == len(last) == 1:
                total = f"({text_of(program.source, one)} + {text_of(program.source, two)})"
                moved = f"; {text_of(program.source, step[0][1])}"
                edits = (
                    *replaced(first, "pass"),
                    *replaced(step[0][0], "pass"),
                    *replaced(two, total),
                    *wrapped(last[0][0], "", moved)[1:],
                )
                line = last[0][0].lineno
                yield Mutant("one summed pass", ("GG205", "GG203"), line, edits, min(mine))
