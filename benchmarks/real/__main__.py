"""Runs the tool over checkouts of public GAN programs: `python -m benchmarks.real FOLDER...`.

Exit status: 0; 1 if an error or warning is not true of a program, or a true one is not found;
2 if no checkout was found.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.real import running, table
from benchmarks.real.programs import Program, checkout, commit_of, load, prepare


def main() -> int:
    options = _arguments()
    programs, commits = load()
    chosen = [p for p in programs if any(fnmatch.fnmatch(p.name, like) for like in options.only)]
    found = {repository: checkout(repository, options.folder) for repository in commits}
    _tell_what_is_missing(chosen, found, commits)
    rows, wrong = [], []
    with ExitStack() as stack:
        work = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        print(*table.HEAD, sep="\n", flush=True)
        for program in chosen:
            source = found[program.repository]
            if source is not None:
                account, report = _measure(program, source.resolve(), work.resolve())
                rows.append(table.row(program, account, report))
                wrong += [f"{program.name}: {one}" for one in table.wrong(program, report)]
                print(rows[-1], flush=True)
    if options.update and rows:
        table.update(options.update, rows)
    print(*wrong, sep="\n", file=sys.stderr)
    return 2 if not rows else 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real", description=__doc__)
    parser.add_argument("folder", nargs="+", type=Path, help="a checkout, or a folder of checkouts")
    parser.add_argument("--only", nargs="+", default=["*"], metavar="NAME", help="programs, or *")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="keep copies, reports and logs; a ledger that is there already is not made again",
    )
    parser.add_argument("--update", type=Path, metavar="FILE", help="put the rows into this table")
    return parser.parse_args()


def _measure(
    program: Program, source: Path, work: Path
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    folder = prepare(program, source, work)
    out = work / "reports"
    out.mkdir(exist_ok=True)
    name = "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in program.name)
    account = running.ledger(program, folder, out / f"{name}.ledger.json")
    return account, running.inspect(program, folder, out / f"{name}.report.json")


def _tell_what_is_missing(
    chosen: list[Program], found: dict[str, Path | None], commits: dict[str, str]
) -> None:
    for repository in dict.fromkeys(program.repository for program in chosen):
        folder, wanted = found[repository], commits[repository]
        if folder is None:
            print(f"left out: {repository}; check it out at {wanted}", file=sys.stderr)
        elif (commit_of(folder) or wanted) != wanted:
            print(f"{repository} is not at {wanted}: lines may differ", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
