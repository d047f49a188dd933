"""One operator: its samples, the programs written for them, and whether the tool is right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.operators.children import LostError, in_child
from benchmarks.operators.programs import operators_line, program
from benchmarks.operators.samples import UnusableError, all_samples
from benchmarks.operators.truth import Kind, Shown, kinds, shown
from benchmarks.operators.verdicts import Verdict, verdict

SEVERED = frozenset({"GG101", "GG103"})


@dataclass(frozen=True, slots=True)
class Judged:
    """One program: what autograd deposited, what the tool found, and what is wrong with that."""

    sample: int
    truth: Kind
    findings: tuple[str, ...]
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """`kind` is what all samples show, `depends` where they differ; "" if none can be used."""

    name: str
    kind: str
    judged: tuple[Judged, ...] = ()
    reason: str = ""

    @property
    def wrong(self) -> tuple[Judged, ...]:
        return tuple(one for one in self.judged if one.wrong)


def measured(name: str, folder: Path) -> Measured:
    try:
        found: Measured = in_child(_measured, name, folder)
    except LostError as lost:
        return Measured(name, "", reason=_last_line(lost))
    return found


def _measured(name: str, folder: Path) -> Measured:
    """In a process of its own; the programs run in others, which know the samples already."""
    try:
        found = kinds(name)
    except UnusableError as reason:
        return Measured(name, "", reason=str(reason))
    kind = next(iter(found)) if len(found) == 1 else "depends"
    judged = [_judged(name, number, folder, depends=len(found) > 1) for number in found.values()]
    return Measured(name, kind, tuple(judged))


def _judged(name: str, number: int, folder: Path, *, depends: bool) -> Judged:
    try:
        shown, found, line = in_child(_run, name, number, folder)
    except LostError as lost:
        return Judged(number, "cut", (), _last_line(lost))
    return Judged(
        number, shown.deposits, found.findings, _wrong(shown, found, line, depends=depends)
    )


def _last_line(lost: LostError) -> str:
    return str(lost).strip().splitlines()[-1]


def _run(name: str, number: int, folder: Path) -> tuple[Shown, Verdict, int]:
    sample = all_samples(name)[number]
    source = program(name, number, listed=sample.listed)
    path = folder / f"{''.join(sign if sign.isalnum() else '_' for sign in name)}_{number}.py"
    path.write_text(source, encoding="utf-8")
    return shown(path, sample), verdict(path), operators_line(source)


def _wrong(shown: Shown, found: Verdict, line: int, *, depends: bool) -> str:
    """Empty if the tool is right."""
    if found.broken:
        return "; ".join(found.broken)
    if is_right(shown, found.findings, line, depends=depends):
        return ""
    said = ", ".join(found.findings) or "nothing"
    return f"{shown.deposits}, but said {said}; the operator is in line {line}"


def is_right(shown: Shown, findings: tuple[str, ...], line: int, *, depends: bool) -> bool:
    """`depends` says that other samples show something else."""
    codes = [one.split(":")[0] for one in findings]
    if shown.deposits == "flows":
        return not findings
    if shown.deposits == "overflows":
        return codes == ["GG107"]
    if shown.deposits == "zero":
        flat = findings == (f"GG104:{line}",)
        other = findings in ((), (f"GG107:{line}",))
        return (flat and shown.whatever_it_is_given) or (other and depends)
    if not shown.reads_values and codes == ["GG109"]:
        return True  # nothing of the player's output goes into the loss
    return findings in tuple((f"{code}:{line}",) for code in SEVERED)
