"""What inspecting several processes costs: processor time beside the same processes, plain.

python -m benchmarks.ranks [--ranks 1 2 4] [--runs 5]
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "benchmarks" / "ranks_script.py"
ROUNDS = 24
FIRST = 4
"""Rounds in which torch and the recorder learn what comes again and again."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--runs", type=int, default=5, help="of each kind, taken in turn (5)")
    options = parser.parse_args()
    print(f"rounds {FIRST + 1} to {ROUNDS} of a small DCGAN; seconds of the processor of all ranks")
    print("ranks  plain ms a round  inspected ms  inspected / plain (of all pairs: least, most)")
    for ranks in options.ranks:
        _print(ranks, options.runs)


def _print(ranks: int, runs: int) -> None:
    pairs = [(_spent(ranks, False), _spent(ranks, True)) for _ in range(runs)]
    plain, inspected = (statistics.median(kind) * 1e3 for kind in zip(*pairs, strict=True))
    ratios = sorted(b / a for a, b in pairs)
    print(
        f"{ranks:5}  {plain:16.1f}  {inspected:12.1f}  "
        f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}, {ratios[-1]:.2f})",
        flush=True,
    )


def _spent(ranks: int, inspected: bool) -> float:
    """Seconds of the processor in a round, of all ranks together."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    tool = ["-m", "gradcheck_gan", "inspect", "--rounds", str(ROUNDS + 1)] if inspected else []
    command = [sys.executable, *tool, str(SCRIPT), str(ROUNDS)]
    shared = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": str(ranks),
    }
    running = [
        subprocess.Popen(
            command,
            env={**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for rank in range(ranks)
    ]
    clocks = [[float(word) for word in process.communicate()[0].split()] for process in running]
    return sum(clock[-1] - clock[FIRST - 1] for clock in clocks) / (ROUNDS - FIRST)


if __name__ == "__main__":
    main()
