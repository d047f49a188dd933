"""Ranks that a script starts itself by torch.multiprocessing.spawn."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

PROGRAM = """
import os
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP


def train(rank, world, folder):
    dist.init_process_group("gloo", f"file://{folder}/rendezvous", rank=rank, world_size=world)
    torch.manual_seed(0)
    G = DDP(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)))
    D = DDP(nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1)))
    optG = torch.optim.Adam(G.parameters(), lr=1e-3)
    optD = torch.optim.Adam(D.parameters(), lr=1e-3)
    torch.manual_seed(rank)
    for i in range(6):
        END
        fake = G(torch.randn(8, 4))
        optD.zero_grad()
        D(torch.cat([torch.randn(8, 2), fake.detach()])).square().mean().backward()
        optD.step()
        optG.zero_grad()
        D(fake.detach()).mean().backward()
        optG.step()
    open(f"{folder}/done{rank}", "w").close()


if __name__ == "__main__":
    mp.spawn(train, (2, os.path.dirname(os.path.abspath(__file__))), nprocs=2)
    print("the end")
"""


def inspected(end: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return run(end, folder, "-m", "gradcheck_gan", "inspect", *options)


def plainly_run(end: str, folder: Path) -> subprocess.CompletedProcess[str]:
    done = run(end, folder)
    (folder / "rendezvous").unlink(missing_ok=True)
    return done


def run(end: str, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    (folder / "train.py").write_text(PROGRAM.replace("END", end))
    return subprocess.run(
        [sys.executable, *command, "train.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=115,
    )


def test_spawned_ranks_are_recorded_and_give_one_report(tmp_path: Path) -> None:
    done = inspected("pass", tmp_path, "--format", "json", "--keep-writes")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert [each["code"] for each in found["findings"]] == ["GG101"]
    assert found["outcome"]["stopped_by"] == "rounds"
    assert "the end" not in done.stderr
    assert not (tmp_path / "done0").exists()


def test_a_spawned_rank_that_fails_is_told(tmp_path: Path) -> None:
    end = "if rank == 1 and i == 2: raise ValueError('bad batch')"
    done = inspected(end, tmp_path, "--rounds", "5", "--keep-writes")
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("GG101 error detached-player") == 1
    assert "ValueError: bad batch" in done.stderr


def test_a_traceback_is_that_of_plain_python(tmp_path: Path) -> None:
    end = "if i == 2: raise ValueError('bad batch')"  # on all ranks: any may be the first
    frames = re.compile(r'File ".*", line \d+, in \w+')
    plain = frames.findall(plainly_run(end, tmp_path).stderr)
    assert len(plain) > 3
    done = inspected(end, tmp_path, "--rounds", "5", "--keep-writes")
    assert frames.findall(done.stderr) == plain


def test_what_runs_to_its_end_runs_on(tmp_path: Path) -> None:
    done = inspected("pass", tmp_path, "--rounds", "50", "--keep-writes")
    assert "the end" in done.stdout
    assert done.stderr.count("GG101 error detached-player") == 1
    assert (tmp_path / "done1").exists()
