"""`graph --view raw`: autograd's own graph, with our lines and colours laid over it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from picture_runs import finding, gan, report

from gradcheck_gan.stored import StoredRun, dump

ROOT = Path(__file__).resolve().parent.parent

START = """
import torch
from torch import nn, optim
from torch.nn.functional import binary_cross_entropy_with_logits as bce

class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(context, given):
        return given * 2

    @staticmethod
    def backward(context, gradient):
        return gradient * 2

torch.manual_seed(0)
netG, netD = nn.Linear(3, 4), nn.Linear(4, 1)
optG, optD = optim.SGD(netG.parameters(), 0.1), optim.SGD(netD.parameters(), 0.1)
ones, zeros = torch.ones(8, 1), torch.zeros(8, 1)
for _ in range(3):
    real, fake = torch.randn(8, 4), netG(torch.randn(8, 3))
    optD.zero_grad()
    loss = bce(netD(real), ones) + bce(netD(fake.detach()), zeros)
    loss.backward()
    optD.step()
    optG.zero_grad()
"""
END = """
    optG.step()
print(netG.weight.sum().item().hex(), netD.weight.sum().item().hex())
"""
ROUNDED = """
    doubled = Doubled.apply(fake)
    hard = torch.round(doubled)
    bce(netD(hard), ones).backward()
"""
DEEP = """
    for _ in range(950):
        fake = fake.add(0.001)
    bce(netD(fake), ones).backward()
"""
WIDE = """
    sum((netD(fake) * number).mean() for number in range(300)).backward()
"""


def drawn(folder: Path, steps: str, *options: str) -> tuple[str, str, str]:
    """The DOT text, standard output and standard error of the command."""
    script = START + steps.lstrip("\n") + END.lstrip("\n")
    (folder / "train.py").write_text(script)
    done = python(folder, "-m", "gradcheck_gan", "graph", "-o", "a.dot", *options, "train.py")
    assert done.returncode == 0, done.stderr
    return (folder / "a.dot").read_text(), done.stdout, done.stderr


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def label(text: str, word: str) -> str:
    """The last label of the nodes that a word stands in: what is laid over comes last."""
    lines = [line for line in text.splitlines() if word in line and "label=" in line]
    return lines[-1].split('label="')[1].split('"')[0]


def line_of(word: str, steps: str) -> int:
    script = START + steps.lstrip("\n")
    return next(n for n, line in enumerate(script.splitlines(), 1) if word in line)


def test_every_function_has_the_line_that_made_it(tmp_path: Path) -> None:
    text, _, _ = drawn(tmp_path, ROUNDED, "--view", "raw")
    rounded, doubled = line_of("torch.round", ROUNDED), line_of("Doubled.apply", ROUNDED)
    loss, made = line_of("netD(hard)", ROUNDED), line_of("real, fake =", ROUNDED)
    assert label(text, "RoundBackward0") == f"GG104\\nRoundBackward0\\ntrain.py:{rounded}"
    assert label(text, "DoubledBackward") == f"DoubledBackward\\ntrain.py:{doubled}"
    bce = label(text, "BinaryCrossEntropyWithLogitsBackward0")
    assert bce == f"BinaryCrossEntropyWithLogitsBackward0\\ntrain.py:{loss}"
    linear = [one for one in text.splitlines() if "AddmmBackward0\\ntrain.py" in one]
    assert sorted(f"train.py:{n}" in "".join(linear) for n in (loss, made)) == [True, True]


def test_parameters_say_what_arrived(tmp_path: Path) -> None:
    text, _, _ = drawn(tmp_path, ROUNDED, "--view", "raw")
    assert label(text, "netG.weight") == "netG.weight\\n4x3\\nonly zeros"
    assert label(text, "netD.bias") == "netD.bias\\n1"


def test_it_changes_nothing(tmp_path: Path) -> None:
    _, watched, _ = drawn(tmp_path, ROUNDED, "--view", "raw", "--rounds", "99")
    plain = python(tmp_path, "train.py")
    assert plain.returncode == 0, plain.stderr
    assert watched == plain.stdout != ""


@pytest.mark.parametrize(
    ("steps", "reason"), [(DEEP, "more than 900 operations deep"), (WIDE, "more than 1,000")]
)
def test_what_torchviz_cannot_draw_is_drawn_from_our_record(
    tmp_path: Path, steps: str, reason: str
) -> None:
    text, _, told = drawn(tmp_path, steps, "--view", "raw", "--update", "netG")
    assert reason in told
    assert reason in text
    assert "Backward0" not in text
    assert "train.py" in text


def test_a_kept_run_is_drawn_from_our_record(tmp_path: Path) -> None:
    sketch = gan()
    kept = StoredRun(sketch.run(), report(finding("GG101", 41)))
    (tmp_path / "run.json").write_text(dump(kept))
    done = python(
        tmp_path, "-m", "gradcheck_gan", "graph", "-o", "a.dot", "--view", "raw", "run.json"
    )
    assert done.returncode == 0, done.stderr
    assert "while a script runs" in done.stderr
    assert "GG101" in (tmp_path / "a.dot").read_text()
