"""Faults that an account proves, each with the line where it must be told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks.mutants.program import Mutant, Program


class Fact(NamedTuple):
    code: str
    line: int


def leaks(program: Program, account: dict[str, Any]) -> Iterator[Fact]:
    """Steps that read a pass which belongs to the other side alone."""
    for step in _steps(program, account):
        owner = step["owner"]
        sites = [account["passes"][int(number)]["site"] for number in step["reads"]]
        mine = [site for site in sites if site in program.own[owner]]
        theirs = [site for site in sites if _foreign(program, owner, site)]
        if theirs and program.judge(owner):
            yield Fact("GG203" if mine else "GG205", step["line"])
            yield Fact("GG205" if mine else "GG203", step["line"])
        elif theirs:
            yield Fact("GG202", step["line"])


def _steps(program: Program, account: dict[str, Any]) -> Iterator[dict[str, Any]]:
    same = len(account["optimizers"]) == len(program.optimizers)
    yield from (account["steps"] if same else ())


def _foreign(program: Program, owner: int, site: str) -> bool:
    others = [k for k in range(len(program.own)) if site in program.own[k]]
    return (
        site not in program.own[owner]
        and bool(others)
        and all(program.judge(other) != program.judge(owner) for other in others)
    )


def repeats(program: Program, account: dict[str, Any]) -> Iterator[Fact]:
    """Steps that read what an earlier step of the same optimizer had read."""
    read: dict[tuple[int, str], int] = {}
    for step in account["steps"]:
        again = [read[key] for n in step["reads"] if (key := (step["owner"], n)) in read]
        if again:
            between = any(passes < step["passes_before"] for passes in again)
            fresh = any((step["owner"], number) not in read for number in step["reads"])
            yield Fact("GG307" if between and fresh else "GG308", step["line"])
        for number in step["reads"]:
            read.setdefault((step["owner"], number), step["passes_before"])


def wasted(program: Program, account: dict[str, Any]) -> Iterator[Fact]:
    """Passes of a discriminator that fill a generator, and did not before; nobody reads that."""
    if len(account["optimizers"]) != len(program.optimizers):
        return
    makers = _labels(account, judge=False) - _labels(account, judge=True)
    judges = _labels(account, judge=True) - _labels(account, judge=False)
    before = {(e["site"], x) for e in program.account["passes"] for x in e["deposits"]}
    for each in account["passes"]:
        owners = [k for k in range(len(program.own)) if each["site"] in program.own[k]]
        filled = set(each["deposits"]) & makers
        fresh = any((each["site"], label) not in before for label in filled)
        if owners and all(program.judge(owner) for owner in owners) and fresh:
            for line, site, given, value in account["meetings"]:
                meet = set(given) & makers and set(value) & judges and not set(given) & judges
                if meet and site == each["line"]:
                    yield Fact("GG201", line)


def _labels(account: dict[str, Any], judge: bool) -> set[str]:
    owned = [each["labels"] for each in account["optimizers"] if bool(each["judge"]) is judge]
    return {label for labels in owned for label in labels}


def owners(mutant: Mutant, program: Program, account: dict[str, Any]) -> Iterator[Fact]:
    """A changed optimizer that holds a parameter twice, or steps what only the other side held."""
    if len(account["optimizers"]) != len(program.optimizers) or mutant.owner is None:
        return
    told, before = account["optimizers"][mutant.owner], program.optimizers[mutant.owner]
    if told["entries"] > len(told["labels"]) and before["entries"] == len(before["labels"]):
        yield Fact("GG310", told["line"])
    others = [k for k in range(len(program.own)) if program.judge(k) != program.judge(mutant.owner)]
    theirs = {x for k in others for x in account["optimizers"][k]["labels"]}
    had = {x for k in others for x in program.optimizers[k]["labels"]} & set(before["labels"])
    foreign = set(told["labels"]) & theirs - had
    if (foreign == set(told["labels"]) and foreign) or any(
        foreign & read for read in _read_by(account, mutant.owner)
    ):
        yield Fact("GG204", told["line"])


def doubly(program: Program, account: dict[str, Any]) -> Iterator[Fact]:
    """Two optimizers step the same parameters on the same pass, and did not before."""
    before = {pair for _, pair in _sharing(program.account)}
    for made, pair in _sharing(account):
        if pair not in before:
            yield Fact("GG310", made)


def _sharing(account: dict[str, Any]) -> Iterator[tuple[int, tuple[int, int]]]:
    held = [set(each["labels"]) for each in account["optimizers"]]
    for each in account["passes"]:
        owners = sorted({owner for owner, _ in each["read_by"]})
        for one in owners:
            for other in owners:
                if one < other and held[one] & held[other] & set(each["deposits"]):
                    for number in (one, other):
                        yield account["optimizers"][number]["line"], (one, other)


def left_out(mutant: Mutant, program: Program, account: dict[str, Any]) -> Iterator[Fact]:
    """What the changed optimizer holds no more is filled by its own passes, and nobody reads it."""
    if mutant.owner is None or len(account["optimizers"]) != len(program.optimizers):
        return
    told = account["optimizers"][mutant.owner]
    lost = set(program.optimizers[mutant.owner]["labels"]) - set(told["labels"])
    for number, each in enumerate(account["passes"]):
        if each["site"] in program.own[mutant.owner] and told["labels"] and each["read_by"]:
            read = {
                label for step in account["steps"] for label in step["reads"].get(str(number), ())
            }
            if lost & set(each["deposits"]) - read:
                yield Fact("GG304", told["line"])


def _read_by(account: dict[str, Any], owner: int) -> Iterator[set[str]]:
    for step in account["steps"]:
        if step["owner"] == owner:
            yield {label for labels in step["reads"].values() for label in labels}


def not_finite(account: dict[str, Any]) -> Iterator[Fact]:
    for each in account["passes"]:
        if each["read_by"] and "not finite" in each["deposits"].values():
            yield Fact("GG107", each["line"])


def idle(program: Program, account: dict[str, Any]) -> Iterator[Fact]:
    """Players that never step, or whose steps find nothing although nothing was cut."""
    if len(account["optimizers"]) != len(program.optimizers):
        return
    for owner, told in enumerate(account["optimizers"]):
        labels = set(told["labels"])
        steps = [each for each in account["steps"] if each["owner"] == owner]
        passes = [each for each in account["passes"] if each["site"] in program.own[owner]]
        filled = [each for each in passes if labels & set(each["deposits"])]
        if not steps and program.own[owner] and filled:
            yield Fact("GG305", told["line"])
        elif steps and not any(each["reads"] for each in steps):
            unread = [each for each in filled if set(each["cleared"]) & labels]
            codes = ("GG302", "GG301") if unread else ("GG301",)
            if not (passes and not filled):
                yield from (Fact(code, each["line"]) for each in steps for code in codes)


def thrown_away(mutant: Mutant, program: Program, account: dict[str, Any]) -> Iterator[Fact]:
    """Passes of one line that were read before the change, and are cleared now, unread."""
    were_read = {each["site"] for each in program.account["passes"] if each["read_by"]}
    sites: dict[str, list[bool]] = {}
    for each in account["passes"]:
        filled = {label for label, kind in each["deposits"].items() if kind == "nonzero"}
        lost = bool(filled) and filled <= set(each["cleared"]) and not each["read_by"]
        sites.setdefault(each["site"], []).append(lost)
    for site, each_lost in sites.items():
        if site in were_read and len(each_lost) > 1 and all(each_lost[:-1]):
            yield Fact("GG302", mutant.line)


def summed(mutant: Mutant, account: dict[str, Any]) -> Iterator[Fact]:
    """A pass that steps of both sides read."""
    judges = {each["judge"] for each in account["optimizers"]}
    for each in account["passes"]:
        sides = {account["optimizers"][owner]["judge"] for owner, _ in each["read_by"]}
        if len(judges) == 2 and sides == judges:
            yield from (Fact(code, mutant.line) for code in ("GG205", "GG203", "GG202"))


def unowned(mutant: Mutant, program: Program, account: dict[str, Any]) -> Iterator[Fact]:
    """Leaves that no optimizer holds, filled by the passes of one that holds their neighbours."""
    assert mutant.owner is not None
    told = account["optimizers"][mutant.owner]
    fewer = 0 < len(told["labels"]) < len(program.optimizers[mutant.owner]["labels"])
    if fewer and _filled_leaves(program, account, mutant.owner):
        yield Fact("GG304", told["line"])


def _filled_leaves(program: Program, account: dict[str, Any], owner: int) -> bool:
    passes = [each for each in account["passes"] if each["site"] in program.own[owner]]
    return any(
        label.startswith("leaf") and kind == "nonzero"
        for each in passes
        for label, kind in each["deposits"].items()
    )


def left_behind(mutant: Mutant, program: Program, account: dict[str, Any]) -> Iterator[Fact]:
    """Nothing that the optimizer holds gets gradient; leaves that nobody holds do."""
    assert mutant.owner is not None
    steps = [each for each in account["steps"] if each["owner"] == mutant.owner]
    read = any(each["reads"] for each in steps)
    if steps and not read and _filled_leaves(program, account, mutant.owner):
        yield Fact("GG306", account["optimizers"][mutant.owner]["line"])


def unused(mutant: Mutant, account: dict[str, Any]) -> Iterator[Fact]:
    """The value that is left out has a graph, and no pass runs through it."""
    spots = [each for each in account["spots"] if each["line"] == mutant.at and each["graph"]]
    if spots and not any(each["linear"] for each in spots):
        assert mutant.at is not None
        yield Fact("GG309", mutant.at)
