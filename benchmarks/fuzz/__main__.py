"""Inspects random and broken programs, and looks for the tool's own faults: `-m benchmarks.fuzz`.

Exit status: 0; 1 if one was found.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from itertools import islice
from pathlib import Path

from benchmarks.fuzz.commands import Server
from benchmarks.fuzz.inputs import corpus, inputs
from benchmarks.fuzz.judging import faults, hidden


def main() -> int:
    options = _arguments()
    seen: Counter[str] = Counter()
    wrong = 0
    with Server() as server, tempfile.TemporaryDirectory() as temporary:
        made = islice(inputs(options.seed, corpus()), options.programs)
        for number, (kind, content) in enumerate(made):
            seen[kind] += 1
            if found := judged(server, content, Path(temporary)):
                wrong += 1
                name = f"{options.seed}_{number}.py"
                print(f"{name} ({kind}): {'; '.join(found)}", flush=True)
                if options.keep:
                    (options.keep / name).write_bytes(content)
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(seen.items()))
    print(f"{options.programs} programs ({kinds}): {wrong} with a fault of the tool's own")
    return 1 if wrong else 0


def judged(server: Server, content: bytes, folder: Path) -> list[str]:
    """What is wrong with the way in which the tool takes such a program."""
    path = folder / "train.py"
    path.write_bytes(content)
    ended = server.run(["inspect", "--timeout", "20", str(path)], folder, timeout=40)
    found = list(faults(ended))
    path.write_bytes(content)
    plain = server.run([str(path)], folder, plainly=True, timeout=20)
    again = server.run([str(path)], folder, plainly=True, timeout=20)
    return found + (list(hidden(plain, ended)) if plain == again else [])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--programs", type=int, default=300, metavar="N", help="how many (300)")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is random (0)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave those with faults there")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
