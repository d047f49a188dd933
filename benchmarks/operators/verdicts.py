"""What the tool says of a program."""

from __future__ import annotations

import contextlib
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

from gradcheck_gan.checking import check
from gradcheck_gan.finding import Finding
from gradcheck_gan.launch import Target, prepare
from gradcheck_gan.recording import Recorder
from gradcheck_gan.run import Run
from gradcheck_gan.session import inspect


@dataclass(frozen=True, slots=True)
class Verdict:
    """Findings as `code:line`, and what went wrong inside the tool."""

    findings: tuple[str, ...]
    broken: tuple[str, ...]


def verdict(path: Path) -> Verdict:
    """Inspects the program in this process, which is to end afterwards."""
    runs: list[Run] = []

    def keep(run: Run) -> int:
        runs.append(run)
        return 0

    recorder = Recorder(path.name, base=str(path.parent))
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        warnings.simplefilter("ignore")
        inspect(prepare(Target("script", str(path))), recorder, 0, keep)
    report = check(runs[0])
    broken = [note for note in report.notes if "gradcheck-gan" in note]
    if report.outcome.status == "crashed":
        broken.append(f"crashed: {report.outcome.exception}")
    return Verdict(tuple(map(_place, report.findings)), tuple(broken))


def _place(finding: Finding) -> str:
    where = finding.location
    return f"{finding.code}:{where.line if where is not None else '?'}"
