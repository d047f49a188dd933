"""Plants faults in right GAN programs and counts what is found: `python -m benchmarks.mutants`.

Exit status: 0; 1 if something was reported of a program in which nothing is wrong.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.mutants import public, table
from benchmarks.mutants.public import right_programs
from benchmarks.mutants.running import PROGRAMS, Bench, Draw, Verdict, verdicts
from benchmarks.mutants.server import Server


def main() -> int:
    options = _arguments()
    programs: Sequence[Any] = right_programs() if options.sources else sorted(PROGRAMS.glob("*.py"))
    if options.only:
        names = [getattr(each, "stem", None) or each.name for each in programs]
        chosen = zip(programs, names, strict=True)
        programs = [each for each, name in chosen if name in options.only]
    shares = [programs[k :: options.jobs] for k in range(options.jobs)]
    with ThreadPoolExecutor(options.jobs) as pool:
        done = pool.map(lambda share: _share(share, options), shares)
        found = [verdict for share in done for verdict in share]
    text = table.section(found, importlib.metadata.version("torch"))
    print(text)
    if options.verbose:
        print(*(line for verdict in found for line in _told(verdict)), sep="\n")
    if options.update:
        table.update(options.update, text, table.PUBLIC if options.sources else table.OURS)
    return int(any(verdict.truth.kind == "equivalent" and verdict.found for verdict in found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="PROGRAM", help="names of programs")
    parser.add_argument("--changes", nargs="+", metavar="NAME", help="kinds of change")
    parser.add_argument("--sample", type=int, metavar="N", help="so many mutants of each program")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side")
    parser.add_argument("--verbose", action="store_true", help="tell each shortcoming")
    parser.add_argument("--update", type=Path, metavar="FILE", help="put the tables into this page")
    parser.add_argument(
        "--sources", nargs="+", type=Path, metavar="DIR", help="mutate public scripts instead"
    )
    parser.add_argument(
        "--tool", type=Path, metavar="FOLDER", help="one that holds another gradcheck_gan"
    )
    return parser.parse_args()


def _share(programs: Sequence[Any], options: argparse.Namespace) -> list[Verdict]:
    found = []
    for verdict in _verdicts(programs, options):
        found.append(verdict)
        print(_mark(verdict), end="", file=sys.stderr, flush=True)
    return found


def _verdicts(programs: Sequence[Any], options: argparse.Namespace) -> Iterator[Verdict]:
    if options.sources:
        yield from public.verdicts(programs, options.sources, _draw(options))
        return
    environment = {"PYTHONPATH": str(options.tool.resolve())} if options.tool else {}
    with tempfile.TemporaryDirectory() as name, Server(Path(name), environment) as server:
        bench = Bench(server, Path(name))
        yield from verdicts(bench, programs, _draw(options))


def _draw(options: argparse.Namespace) -> Draw:
    changes = frozenset(options.changes) if options.changes else None
    return Draw(options.sample, options.seed, changes)


def _mark(verdict: Verdict) -> str:
    if verdict.truth.kind == "fault":
        return "." if verdict.placed and not verdict.extra else "l" if verdict.told else "m"
    return "!" if verdict.found and verdict.truth.kind == "equivalent" else "-"


def _told(verdict: Verdict) -> list[str]:
    kind = table.shortcoming(verdict)
    if not kind:
        return []
    true = {code: sorted(lines) for code, lines in verdict.truth.facts.items()}
    head = f"{kind}: {verdict.program}:{verdict.line} {verdict.operator}, true is {true}"
    return [head, f"    {verdict.text}", *(f"    {message}" for message in verdict.messages)]


if __name__ == "__main__":
    sys.exit(main())
