"""The same faults planted in public scripts, which are started as `benchmarks.real` starts them."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.mutants.running import Bench, Draw, Setting, Verdict, of_one
from benchmarks.mutants.server import Server
from benchmarks.real.programs import Program, checkout, load, prepare
from benchmarks.real.running import environment


def right_programs() -> list[Program]:
    """Those of which nothing is to be said, and whose discriminators are known."""
    programs, _ = load()
    return [each for each in programs if each.discriminators and not each.faults]


def verdicts(programs: Sequence[Program], folders: list[Path], draw: Draw) -> Iterator[Verdict]:
    """Programs that are not among the checkouts, or do not run, are left out and named."""
    with tempfile.TemporaryDirectory() as name:
        for program in programs:
            source = checkout(program.repository, folders)
            if source is None:
                continue
            try:
                yield from _of(program, prepare(program, source, Path(name)), draw)
            except RuntimeError as error:
                print(f"left out: {program.name}: {str(error).strip()[-200:]}", file=sys.stderr)


def _of(program: Program, folder: Path, draw: Draw) -> Iterator[Verdict]:
    script, *arguments = program.argv
    setting = Setting(tuple(arguments), tuple(program.discriminators), program.steps)
    with Server(folder, environment(program)) as server:
        path = folder / script
        kept = path.read_text(encoding="utf-8")
        try:
            yield from of_one(Bench(server, path.parent, setting), path, draw)
        finally:
            path.write_text(kept, encoding="utf-8")
