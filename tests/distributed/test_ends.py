"""Ranks that fail, die, hang or end early under torchrun, and what cannot be inspected."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

PROGRAM = """
import os, signal, sys, time
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP

dist.init_process_group("gloo")
rank = dist.get_rank()
torch.manual_seed(0)
G = DDP(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)))
D = DDP(nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1)))
optG = torch.optim.Adam(G.parameters(), lr=1e-3)
optD = torch.optim.Adam(D.parameters(), lr=1e-3)
torch.manual_seed(rank)
for i in range(8):
    if i == 2:
        END
    fake = G(torch.randn(8, 4))
    optD.zero_grad()
    D(torch.cat([torch.randn(8, 2), fake.detach()])).square().mean().backward()
    optD.step()
    optG.zero_grad()
    D(fake.detach()).mean().backward()
    optG.step()
"""

SHARDED = """
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.fsdp import FullyShardedDataParallel as FSDP

dist.init_process_group("gloo")
torch.manual_seed(0)
options = {"device_id": torch.device("cpu"), "use_orig_params": ORIGINAL}
G = FSDP(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)), **options)
D = FSDP(nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1)), **options)
optG = torch.optim.Adam(G.parameters(), lr=1e-3)
optD = torch.optim.Adam(D.parameters(), lr=1e-3)
for _ in range(3):
    fake = G(torch.randn(8, 4))
    optD.zero_grad()
    (D(fake.detach()).mean() - D(torch.randn(8, 2)).mean()).backward()
    optD.step()
    optG.zero_grad()
    (-D(fake).mean()).backward()
    optG.step()
"""


def launched(
    source: str, folder: Path, *options: str, ranks: int = 2, module: bool = False
) -> subprocess.CompletedProcess[str]:
    (folder / "train.py").write_text(source)
    what = ["-m", "train"] if module else ["train.py"]
    return started(folder, [*options, *what], ranks)


def started(
    folder: Path, command: Sequence[str], ranks: int = 2
) -> subprocess.CompletedProcess[str]:
    launch = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}"]
    inspect = ["-m", "gradcheck_gan", "inspect"]
    temporary = folder / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *launch, *inspect, *command],
        cwd=folder,
        env={**environment, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        check=False,
        timeout=115,
    )


def report(done: subprocess.CompletedProcess[str]) -> str:
    """All text with its line breaks and margins taken out."""
    assert done.stderr.count("Players, and how they were found") == 1, done.stderr
    return re.sub(r"\s+", " ", done.stderr)


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("if rank == 1: raise ValueError('bad batch')", "ValueError: bad batch on rank 1"),
        ("if rank == 0: raise ValueError('bad batch')", "failed with ValueError: bad batch"),
        (
            "if rank == 1: os.kill(os.getpid(), signal.SIGKILL)",
            "rank 1 left no record: its process",
        ),
        (
            "if rank == 0: os.kill(os.getpid(), signal.SIGKILL)",
            "rank 0 left no record: its process",
        ),
        ("if rank == 1: os._exit(3)", "exit status 3 on rank 1"),
        (
            "if rank == 1: sys.exit()",
            "rank 0 waiting at train.py:21 in <module> for rank 1, whose record has ended",
        ),
        ("if rank == 1: time.sleep(600)", "rank 1: MainThread stands at train.py:18 in <module>"),
    ],
)
def test_an_end_on_one_rank_loses_no_report(end: str, told: str, tmp_path: Path) -> None:
    # Only who never comes back is ended by the timeout: a busy machine takes its time for the rest.
    timeout = "25" if "sleep" in end else "100"
    done = launched(PROGRAM.replace("END", end), tmp_path, "--rounds", "8", "--timeout", timeout)
    text = report(done)
    assert "GG101 error detached-player" in text
    assert told in text
    assert done.returncode == 1


UNLIKE = """
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.algorithms.join import Join
from torch.nn.parallel import DistributedDataParallel as DDP

dist.init_process_group("gloo")
torch.manual_seed(0)
G = DDP(nn.Linear(4, 2))
D = DDP(nn.Linear(2, 1))
optG = torch.optim.Adam(G.parameters(), lr=1e-3)
optD = torch.optim.Adam(D.parameters(), lr=1e-3)
with Join([D, G]):
    for _ in range(1 + 9 * dist.get_rank()):
        fake = G.module(torch.randn(6, 4)).detach()
        optD.zero_grad()
        D(torch.cat([torch.randn(6, 2), fake])).square().mean().backward()
        optD.step()
        optG.zero_grad()
        D.module(G(torch.randn(6, 4))).mean().backward()
        optG.step()
"""


def test_a_rank_that_answers_for_others_ends_when_these_are_stopped(tmp_path: Path) -> None:
    done = launched(UNLIKE, tmp_path)
    text = report(done)
    assert "No fault found" in text
    assert "rank 0 waiting at train.py:14 in <module> for rank 1, whose record has ended" in text
    assert done.returncode == 0


@pytest.mark.parametrize("module", [False, True])
def test_four_ranks_give_one_report(tmp_path: Path, module: bool) -> None:
    done = launched(PROGRAM.replace("END", "pass"), tmp_path, ranks=4, module=module)
    text = report(done)
    assert "recorded on ranks 0, 1, 2 and 3" in text
    assert text.count("GG101 error") == 1


@pytest.mark.parametrize("original", [False, True])
def test_shards_are_refused_in_one_sentence(original: bool, tmp_path: Path) -> None:
    done = launched(SHARDED.replace("ORIGINAL", str(original)), tmp_path)
    text = report(done)
    assert "Could not be judged: the script keeps its parameters in shards" in text
    assert "GG" not in text.partition("E1")[0].replace("OMP", "")
    assert "exitcode : 2" in text


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["nowhere.py"], "Error: nowhere.py does not exist"),
        (["-m", "nowhere"], "nowhere"),
        (["--rounds", "none", "train.py"], "Invalid value for '--rounds'"),
        (["--setup", "gone.py", "train.py"], "gone.py"),
    ],
)
def test_a_refusal_is_told_once(command: list[str], told: str, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("print('ran')")
    done = started(tmp_path, command)
    before = done.stderr.partition("torch/distributed")[0]
    assert before.count(told) == before.count("Error: ") == 1, done.stderr
    assert done.stderr.count("exitcode  : 2 ") == 2, done.stderr
    assert "ran" not in done.stdout
    assert not list((tmp_path / "temporary").glob("gradcheck-gan*"))
