"""Data comes without worker processes, and is what they would have given."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROBE = ROOT / "tests" / "probes" / "loads.py"
UNDER = (
    "import runpy, sys\n"
    "from gradcheck_gan.stand_ins.loaders import Loaders\n"
    "loaders = Loaders({largest})\n"
    "loaders.install()\n"
    "sys.argv = sys.argv[1:]\n"
    "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    "sys.stderr.write(''.join(f'NOTE {{note}}\\n' for note in loaders.told()))\n"
)


def ran(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, check=True
    )


@pytest.mark.parametrize("kind", ["map", "chosen", "iterable"])
def test_samples_and_random_states_are_those_of_workers(kind: str) -> None:
    plain = ran(str(PROBE), kind)
    under = ran("-c", UNDER.format(largest=None), str(PROBE), kind)
    assert under.stdout == plain.stdout
    pids = [re.findall("parent (\\w+)", run.stderr) for run in (plain, under)]
    assert set(pids[0]) == {"False"}
    assert set(pids[1]) == {"True"}


@pytest.mark.parametrize("sampled", ["by_size", "by_batches"])
def test_no_batch_is_larger_than_asked_for(sampled: str) -> None:
    plain = ran(str(PROBE), sampled)
    assert "[8, 8, 7]" in plain.stdout
    under = ran("-c", UNDER.format(largest=3), str(PROBE), sampled)
    sizes = [3] * 7 + [2] if sampled == "by_size" else [3, 3, 3]
    assert str(sizes) in under.stdout
    assert "NOTE --batch-size: batches of 8" in under.stderr


def test_smaller_batches_are_left_alone() -> None:
    plain = ran(str(PROBE), "by_size")
    under = ran("-c", UNDER.format(largest=8), str(PROBE), "by_size")
    assert (under.stdout, under.stderr) == (plain.stdout, plain.stderr)
