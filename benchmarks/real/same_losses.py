"""Whether recording changes a loss: `python -m benchmarks.real.same_losses FOLDER...`.

Every program runs twice under the same stand-ins, recorded for two rounds and not recorded, and
the roots of all backward passes are compared to the last bit, and the state of the generator with
them. Exit status: 0; 1 if any differ; 2 if nothing could be compared.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.real import running
from benchmarks.real.programs import Program, checkout, load, prepare

_ROOTS = running.HERE / "roots.py"


def main() -> int:
    if sys.argv[1:2] == ["--plain"]:
        plain(sys.argv[2:])
        return 0
    options = _arguments()
    verdicts = []
    with tempfile.TemporaryDirectory() as work:
        for program in load()[0]:
            source = checkout(program.repository, options.folder)
            if source is None or not any(fnmatch.fnmatch(program.name, w) for w in options.only):
                continue
            folder = prepare(program, source.resolve(), Path(work))
            told, same = compared(program, folder, Path(work))
            print(f"{program.name}: {told}", flush=True)
            verdicts += [] if same is None else [same]
    return 2 if not verdicts else 0 if all(verdicts) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real.same_losses")
    parser.add_argument("folder", nargs="+", type=Path, help="a checkout, or a folder of checkouts")
    parser.add_argument("--only", nargs="+", default=["*"], metavar="NAME", help="programs, or *")
    return parser.parse_args()


def compared(program: Program, folder: Path, work: Path) -> tuple[str, bool | None]:
    tool = ["-m", "gradcheck_gan", "inspect", "--fake-data", "--fail-on", "never"]
    tool += ["--setup", str(_ROOTS), *program.argv]
    recorded = roots(program, folder, tool, work / "recorded.txt", 0)
    if not recorded:
        return "no backward pass", None
    child = ["-m", "benchmarks.real.same_losses", "--plain", *program.argv]
    alone = roots(program, folder, child, work / "plain.txt", len(recorded))
    pairs = enumerate(zip(recorded, alone, strict=False), start=1)
    first = next((n for n, (one, other) in pairs if one != other), None)
    if first is not None or len(recorded) != len(alone):
        return f"pass {first or len(alone) + 1} of {len(recorded)} differs", False
    return f"{len(recorded)} passes are the same to the bit", True


def roots(program: Program, folder: Path, argv: Sequence[str], out: Path, limit: int) -> list[str]:
    out.unlink(missing_ok=True)
    environment = {**running.environment(program), "ROOTS": str(out), "ROOTS_LIMIT": str(limit)}
    with out.with_suffix(".log").open("wb") as log, suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [sys.executable, *argv],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=running.LIMIT,
            check=False,
        )
    return out.read_text(encoding="utf-8").splitlines() if out.is_file() else []


def plain(argv: Sequence[str]) -> None:
    """Run a script under the stand-ins alone."""
    from benchmarks.real.ledger import surroundings

    script = argv[0]
    sys.argv[:] = argv
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    with surroundings(script, str(_ROOTS)):
        runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    sys.exit(main())
