"""What is wrong with a mutant, by the ledger's accounts of it and of the program it was made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks.mutants import wrong
from benchmarks.mutants.program import Mutant, Program
from benchmarks.mutants.scaled import wrongly_scaled
from benchmarks.mutants.wrong import Fact

REFUSED = "does not require grad"
STALE = ("modified by an inplace operation", "backward through the graph a second time")
ORDER = "GG303 GG204 GG203 GG205 GG202 GG307 GG308 GG110 GG402 GG111 GG201".split()


@dataclass(frozen=True)
class Truth:
    """`kind` is fault, equivalent or invalid; `facts` are all lines at which a code names it.

    `beside` are codes that are true of it too without naming it.
    """

    kind: str
    code: str = ""
    facts: dict[str, set[int]] = field(default_factory=dict)
    beside: frozenset[str] = frozenset()


def truth(mutant: Mutant, program: Program, account: dict[str, Any]) -> Truth:
    told_apart(account, program.account)
    if "failed" in account or _fails_otherwise(account):
        return Truth("invalid")
    facts: dict[str, set[int]] = defaultdict(set)
    every = [*_crash(account)]
    beside = [*_facts(mutant, program, account)]
    if every:
        # The steps that make the graph stale may be the fault that was planted.
        every += [fact for fact in wrong.repeats(program, account) if fact.line == mutant.line]
    else:
        every, beside = beside, [*wrong.idle(program, account)]
    for fact in every:
        facts[fact.code].add(fact.line)
    if not facts:
        fewer = [*wrong.left_out(mutant, program, account)]
        for fact in fewer:
            facts[fact.code].add(fact.line)
        beside = [*beside, *(Fact("GG201", fact.line) for fact in fewer)]
    if not facts:
        return Truth("equivalent")
    code = next((each for each in (*mutant.codes, *ORDER) if each in facts), min(facts))
    return Truth("fault", code, dict(facts), frozenset(fact.code for fact in beside))


def told_apart(account: dict[str, Any], original: dict[str, Any]) -> None:
    """Where a helper runs the passes of both players, the n-th one is the n-th of the original."""
    for one, other in zip(account.get("passes", ()), original["passes"], strict=False):
        if one["site"] == other["site"].partition("#")[0]:
            one["site"] = other["site"]


def _fails_otherwise(account: dict[str, Any]) -> bool:
    message = (account["error"] or {"message": REFUSED})["message"]
    known = (REFUSED, "not have been used in the graph", *STALE)
    return not any(each in message for each in known)


def _crash(account: dict[str, Any]) -> Iterator[Fact]:
    crash = account["error"]
    if crash and any(sign in crash["message"] for sign in STALE):
        yield Fact("GG303", crash["line"])


def _facts(mutant: Mutant, program: Program, account: dict[str, Any]) -> Iterator[Fact]:
    yield from wrong.leaks(program, account)
    yield from wrong.repeats(program, account)
    yield from wrong.wasted(program, account)
    yield from wrong.owners(mutant, program, account)
    yield from wrong.doubly(program, account)
    yield from wrong.not_finite(account)
    yield from wrong.thrown_away(mutant, program, account)
    cut = list(_cut(mutant, program, account))
    yield from cut
    if not cut:
        yield from wrong.idle(program, account)
    yield from _by_hint(mutant, program, account)


def _cut(mutant: Mutant, program: Program, account: dict[str, Any]) -> Iterator[Fact]:
    """What players lost of the gradient that their passes used to bring."""
    lost = list(_losses(program, account))
    dead = list(_dead_terms(program, account))
    slope = any(by_slope for _, by_slope in dead) or _slope_refused(account)
    if any(kind == "severed" for kind, _ in lost) or _refused(account):
        yield from (Fact(code, mutant.line) for code in _named(mutant))
    if dead or any(kind == "part of update" for kind, _ in lost):
        yield Fact("GG110", mutant.line)
        if not any(kind == "severed" for kind, _ in lost):
            yield from (Fact(code, mutant.line) for code in _named(mutant))
    if any(kind == "partial" for kind, _ in lost):
        yield Fact("GG111", mutant.line)
    if slope:
        yield from (Fact("GG402", line) for line in _penalty_lines(program))
        yield Fact("GG402", mutant.line)
        yield Fact("GG401", mutant.line)
    if _slope_refused(account):
        yield Fact("GG404", account["error"]["line"])


def _cut_anything(program: Program, account: dict[str, Any]) -> bool:
    return any(_losses(program, account)) or any(_dead_terms(program, account))


def _named(mutant: Mutant) -> tuple[str, ...]:
    """Codes that name what the change is, if it is a cut."""
    cutting = {"GG101", "GG102", "GG103", "GG104", "GG105", "GG106", "GG107", "GG108", "GG109"}
    cutting |= {"GG112", "GG401", "GG402"}
    return tuple(code for code in mutant.codes if code in cutting)


def _refused(account: dict[str, Any]) -> bool:
    crash = account["error"]
    return bool(crash) and "element 0 of tensors" in crash["message"]


def _slope_refused(account: dict[str, Any]) -> bool:
    crash = account["error"]
    signs = ("One of the differentiated Tensors", "not have been used in the graph")
    return bool(crash) and (crash["slope"] or any(sign in crash["message"] for sign in signs))


def _losses(program: Program, account: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """severed: a player has nothing any more; part of update: one of its passes brings nothing."""
    if len(account["optimizers"]) != len(program.optimizers):
        return
    for owner, sites in enumerate(program.own):
        labels = set(program.optimizers[owner]["labels"])
        had = {site: _brought(program.account, site, labels) for site in sites}
        has = {site: _brought(account, site, labels) for site in sites}
        ran = {each["site"] for each in account["passes"]}
        missing = [site for site in sites if had[site] and not has[site] and site in ran]
        if missing:
            alive = any(has[site] for site in sites)
            yield ("part of update" if alive else "severed"), owner
        every = set().union(*had.values()), set().union(*has.values())
        if every[0] - every[1] and every[1] and sites <= ran:
            yield "partial", owner


def _brought(account: dict[str, Any], site: str, labels: set[str]) -> set[str]:
    found = [each["deposits"] for each in account["passes"] if each["site"] == site]
    return {label for each in found for label in each if label in labels and each[label] != "zero"}


def _dead_terms(program: Program, account: dict[str, Any]) -> Iterator[tuple[int, bool]]:
    """Additive terms of a pass's root that reach its readers no more; and if by a slope."""
    before, now = _reach(program.account), _reach(account)
    linear = {
        spot["line"] * 1000 + spot["term"]: set(spot["linear"])
        for spot in program.account["spots"]
        if spot["term"] is not None and spot["linear"]
    }
    for (key, line), (reached, live) in before.items():
        if line not in linear.get(key, ()) or (key, line) not in now:
            continue
        owners = program.owners_at(line)
        labels = {x for owner in owners for x in program.optimizers[owner]["labels"]}
        if live & labels and not now[key, line][1] & labels:
            yield min(owners), "slope" in reached


def _reach(account: dict[str, Any]) -> dict[tuple[int, int], tuple[set[str], set[str]]]:
    found: dict[tuple[int, int], tuple[set[str], set[str]]] = {}
    for key, line, reached, live in account["terms"]:
        mine = found.setdefault((key, line), (set(), set()))
        mine[0].update(reached)
        mine[1].update(live)
    return found


def _penalty_lines(program: Program) -> set[int]:
    spots = program.account["spots"]
    return {line for spot in spots if "slope" in spot["reached"] for line in spot["passes"]}


def _by_hint(mutant: Mutant, program: Program, account: dict[str, Any]) -> Iterator[Fact]:
    """What a change of the wiring was made for, if the account confirms it."""
    code = mutant.codes[0] if mutant.codes else ""
    owner, clean = mutant.owner, not account["error"]
    if code == "GG311" and clean:
        yield Fact(code, mutant.line)
    elif mutant.operator == "no backward" and mutant.at is not None and clean:
        yield from wrong.unused(mutant, account)
    elif mutant.operator == "one summed pass":
        yield from wrong.summed(mutant, account)
    elif code == "GG402" and _cut_anything(program, account):
        yield from (Fact(code, line) for line in _penalty_lines(program))
    elif code == "GG304" and owner is not None:
        yield from wrong.unowned(mutant, program, account)
    elif code == "GG306" and owner is not None:
        yield from wrong.left_behind(mutant, program, account)
    elif code == "GG309" and mutant.at is not None and clean:
        yield from wrong.unused(mutant, account)
    elif code == "GG403" and clean:
        yield Fact(code, mutant.line)
    elif code == "GG501" and clean:
        repeated = {fact.line for fact in wrong.repeats(program, account)}
        yield from wrongly_scaled(mutant, program, account, repeated)
