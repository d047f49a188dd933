"""The comparison of losses with and without recording, on programs that are told apart or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.real import same_losses
from benchmarks.real.programs import Program

SCRIPT = """
import sys
import torch
from torchvision import datasets, transforms

images = datasets.MNIST("data", transform=transforms.Compose([
    transforms.RandomCrop(8), transforms.ToTensor()]))
loader = torch.utils.data.DataLoader(images, batch_size=8, shuffle=True)
net_g, net_d = torch.nn.Linear(4, 64), torch.nn.Linear(64, 1)
opt_g = torch.optim.SGD(net_g.parameters(), 0.1)
opt_d = torch.optim.SGD(net_d.parameters(), 0.1)
EXTRA
for real, _ in loader:
    fake = net_g(torch.randn(8, 4))
    opt_d.zero_grad()
    (net_d(fake.detach()).mean() - net_d(real.flatten(1)).mean()).backward()
    opt_d.step()
    opt_g.zero_grad()
    (-net_d(fake).mean()).backward()
    opt_g.step()
"""
PROGRAM = Program("x", "o/x", ".", ["train.py"], "Fine.")


@pytest.mark.parametrize(
    ("extra", "told", "same"),
    [
        ("", "4 passes are the same to the bit", True),
        (
            "if 'gradcheck_gan.recording' in sys.modules: torch.rand(1)",
            "pass 1 of 4 differs",
            False,
        ),
        ("sys.exit()", "no backward pass", None),
    ],
)
def test_losses_are_compared(tmp_path: Path, extra: str, told: str, same: bool | None) -> None:
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "train.py").write_text(SCRIPT.replace("EXTRA", extra), encoding="utf-8")
    assert same_losses.compared(PROGRAM, folder, tmp_path) == (told, same)
