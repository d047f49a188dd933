"""The tool's verdicts on torch's operators against autograd: `python -m benchmarks.operators`.

Exit status: 0; 1 if a verdict is wrong.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import sys
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import torch

from benchmarks.operators import measuring, samples, table
from gradcheck_gan.checking import all_rules


def main() -> int:
    options = _arguments()
    chosen = [name for name in samples.database() if not options.only or name in options.only]
    if options.sample:
        chosen = sorted(random.Random(options.seed).sample(chosen, options.sample))
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    all_rules()  # loaded once, not by every child
    gc.freeze()  # children need not copy what a collection would touch
    with tempfile.TemporaryDirectory() as temporary:
        found = list(_measured(chosen, options.keep or Path(temporary), options.jobs))
    print(*table.lines(found), sep="\n")
    if options.update:
        table.update(options.update, found)
    return 1 if any(one.wrong for one in found) else 0


def _measured(names: list[str], folder: Path, jobs: int) -> Iterator[measuring.Measured]:
    """Workers are forked, and share what is loaded."""
    with ProcessPoolExecutor(jobs, get_context("fork")) as pool:
        found = pool.map(measuring.measured, names, repeat(folder))
        for number, one in enumerate(found, 1):
            if sys.stderr.isatty():
                print(f"\r{number}/{len(names)} {one.name:50.50}", end="", file=sys.stderr)
            yield one
    if sys.stderr.isatty():
        print(file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.operators", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="some operators")
    parser.add_argument("--sample", type=int, metavar="N", help="so many, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the draw (0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="at a time")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the programs there")
    parser.add_argument("--update", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    if options.update and (options.only or options.sample):
        parser.error("--update writes figures of all operators; leave out --only and --sample.")
    return options


if __name__ == "__main__":
    sys.exit(main())
