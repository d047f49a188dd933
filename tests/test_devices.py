"""A script that asks for a graphics card runs on the CPU, and one that does not is left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
ASKED = "The script asked for CUDA, which is not here: it ran on the CPU."

GAN = """
import torch
torch.manual_seed(0)
{before}
g, d = torch.nn.Linear(2, 2){net}, torch.nn.Linear(2, 1){net}
og, od = (torch.optim.SGD(net.parameters(), 0.1) for net in (g, d))
for step in range(2):
    real = {real}
    od.zero_grad()
    loss_d = d(g({noise}).detach()).mean() - d(real).mean()
    loss_d.backward()
    od.step()
    og.zero_grad()
    loss_g = -d(g({noise})).mean()
    loss_g.backward()
    og.step()
    print(loss_d.item(), loss_g.item())
"""
PLAIN = {"before": "", "net": "", "real": "torch.ones(3, 2)", "noise": "torch.randn(3, 2)"}
WAYS = {
    "cuda": {"net": ".cuda()", "real": "torch.ones(3, 2).cuda()"},
    "to": {"net": ".to('cuda')", "noise": "torch.randn(3, 2).to(device='cuda:0')"},
    "device": {
        "before": "device = torch.device('cuda')",
        "net": ".to(device)",
        "real": "torch.ones(3, 2, device=device)",
        "noise": "torch.randn(3, 2, device=device)",
    },
    "number": {"net": ".cuda(0)", "real": "torch.ones(3, 2, device=0)"},
    "tensor type": {"real": "torch.cuda.FloatTensor(3, 2).fill_(1)"},
    "type": {"net": ".type('torch.cuda.FloatTensor')"},
    "default": {"before": "torch.set_default_device('cuda')"},
    "region": {"real": "torch.device('cuda') and torch.ones(3, 2, device='cuda')"},
    "like": {"real": "torch.ones_like(torch.empty(3, 2), device='cuda')"},
    "new": {"real": "torch.empty(1).new_ones(3, 2, device='cuda')"},
    "loaded": {
        "before": "import io; kept = io.BytesIO(); torch.save(torch.ones(3, 2), kept)",
        "real": "(kept.seek(0), torch.load(kept, map_location='cuda'))[1]",
    },
    "generator": {
        "before": "drawn = torch.Generator(device='cuda'); drawn.manual_seed(0)",
        "noise": "torch.randn(3, 2, generator=drawn)",
    },
    "parallel": {
        "before": "torch.cuda.set_device(0); torch.cuda.synchronize()",
        "real": "torch.nn.parallel.data_parallel(torch.nn.Identity(), torch.ones(3, 2), [0])",
    },
    "pinned": {"real": "torch.ones(3, 2).pin_memory().cuda(non_blocking=True)"},
    "queries": {
        "before": (
            "print(torch.cuda.is_available(), torch.cuda.device_count())\n"
            "name = torch.cuda.get_device_name(0), torch.cuda.get_device_properties(0).name\n"
            "start = torch.cuda.Event(enable_timing=True); start.record()\n"
            "with torch.cuda.stream(torch.cuda.Stream()), torch.cuda.device(0): pass\n"
            "assert start.elapsed_time(start) == 0"
        )
    },
}


RUNNER = (
    "import contextlib, io, json, sys, torch\n"
    "from gradcheck_gan.stand_ins.devices import Devices\n"
    "answers = {}\n"
    "for name, source in json.load(sys.stdin).items():\n"
    "    if answers: devices = Devices(); devices.install()\n"
    "    out = io.StringIO()\n"
    "    with contextlib.redirect_stdout(out): exec(source, {})\n"
    "    torch.set_default_device(None)\n"
    "    answers[name] = out.getvalue(), devices.told() if answers else ()\n"
    "print(json.dumps(answers))\n"
)


def command(folder: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        input=given,
        text=True,
        check=False,
    )


def inspect(folder: Path, source: str) -> tuple[str, dict[str, Any], str]:
    (folder / "train.py").write_text(source)
    done = command(folder, "-m", "gradcheck_gan", "inspect", "-o", "report.json", "train.py")
    return done.stdout, json.loads((folder / "report.json").read_text()), done.stderr


def test_every_way_to_ask_gives_what_the_cpu_gives(tmp_path: Path) -> None:
    sources = {"plain": GAN.format(**PLAIN)}
    sources |= {way: GAN.format(**{**PLAIN, **changes}) for way, changes in WAYS.items()}
    done = command(tmp_path, "-c", RUNNER, given=json.dumps(sources))
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    losses, _ = answers.pop("plain")
    for way, (printed, told) in answers.items():
        assert (way, told) == (way, [ASKED])
        # A generator of its own leaves the global one alone.
        assert way == "generator" or printed.endswith(losses), way
    assert answers["queries"][0].startswith("False 0\n")


def test_the_report_says_so_and_finds_a_fault_at_its_line(tmp_path: Path) -> None:
    source = GAN.format(**{**PLAIN, **WAYS["device"]}).replace(
        "-d(g(torch.randn(3, 2, device=device)))",
        "-d(g(torch.randn(3, 2, device=device)).detach())",
    )
    _, report, stderr = inspect(tmp_path, source)
    (finding,) = report["findings"]
    line = next(n for n, text in enumerate(source.splitlines(), 1) if "loss_g = " in text)
    assert (finding["code"], finding["location"]["line"]) == ("GG101", line), stderr
    assert f"note: {ASKED}" in stderr


def test_a_script_that_asks_whether_there_is_a_card_has_not_asked_for_it(tmp_path: Path) -> None:
    ways = {"before": "device = 'cuda' if torch.cuda.is_available() else 'cpu'"}
    ways |= {"net": ".to(device)", "real": "torch.tensor(torch.ones(3, 2, device=device))"}
    source = GAN.format(**{**PLAIN, **ways})
    stdout, report, stderr = inspect(tmp_path, source)
    plain = command(tmp_path, "train.py")
    assert stdout == plain.stdout.splitlines(keepends=True)[0]  # then it is stopped
    assert "note:" not in stderr
    assert report["findings"] == []
    line = next(n for n, text in enumerate(source.splitlines(), 1) if "torch.tensor(" in text)
    for printed in (stderr, plain.stderr):
        assert f"train.py:{line}: UserWarning: To copy construct" in printed


SCALED = """
from torch.cuda.amp import GradScaler
{before}
g, d = torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)
og, od = (torch.optim.SGD(net.parameters(), 1e-4) for net in (g, d))
scaler = GradScaler()
for _ in range(2):
    od.zero_grad()
    scaler.scale(d(g(torch.randn(3, 2)).detach()).mean() - d(torch.ones(3, 2)).mean()).backward()
    od.step()
    og.zero_grad()
    scaler.scale(-d(g(torch.randn(3, 2))).mean()).backward()
    scaler.step(og)
    scaler.update()
"""
OFF = "Torch switched the gradient scaler off"


@pytest.mark.parametrize(
    ("before", "options", "codes"),
    [
        ("import torch", [], []),
        ("import torch", ["--fake-data"], ["GG501"]),
        ("import torch; torch.ones(1).cuda()", [], ["GG501"]),
    ],
)
def test_a_scaler_without_its_card_works_where_the_script_could_not_run_without(
    tmp_path: Path, before: str, options: list[str], codes: list[str]
) -> None:
    (tmp_path / "train.py").write_text(SCALED.format(before=before))
    arguments = ["-m", "gradcheck_gan", "inspect", *options, "-o", "report.json", "train.py"]
    done = command(tmp_path, *arguments)
    report = json.loads((tmp_path / "report.json").read_text())
    assert [finding["code"] for finding in report["findings"]] == codes, done.stderr
    assert (OFF in done.stderr) is not bool(codes)


def test_torchscript_knows_the_functions(tmp_path: Path) -> None:
    scripted = (
        "import torch\n"
        "from gradcheck_gan.stand_ins.devices import Devices\n"
        "Devices().install()\n"
        "@torch.jit.script\n"
        "def f(x):\n"
        "    return torch.zeros(3, 2) + torch.ones_like(x)\n"
        "print(f(torch.ones(3, 2)).sum().item())\n"
    )
    (tmp_path / "scripted.py").write_text(scripted)
    assert command(tmp_path, "scripted.py").stdout == "6.0\n"
