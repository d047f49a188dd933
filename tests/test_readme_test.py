"""The unit test that the README shows fails with the message that stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gradcheck_gan import GradientFlowError

README = Path(__file__).resolve().parent.parent / "README.md"
SHOWN = re.compile(
    r"^<!-- unit test: begin -->\n```python\n(.*?)```\n.*?"
    r"```text\n(.*?)```\n<!-- unit test: end -->$",
    re.MULTILINE | re.DOTALL,
)
HEAD = """
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from gradcheck_gan import assert_gradient_flow

torch.manual_seed(0)
netG = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
netD = nn.Sequential(nn.Linear(3, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
noise, real_label = torch.randn(8, 4), torch.ones(8, 1)


"""


def test_readme_shows_the_real_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = SHOWN.search(README.read_text(encoding="utf-8"))
    assert found
    source, message = found.groups()
    assert len([line for line in source.splitlines() if line.strip()]) <= 5
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "test_gan.py"
    path.write_text(f"{HEAD.lstrip()}{source}", encoding="utf-8")
    scope: dict[str, Any] = {}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True), scope)
    with pytest.raises(GradientFlowError) as caught:
        scope["test_generator_learns"]()
    assert f"{caught.value}\n" == message
    right = source.replace(".detach()", "")
    exec(compile(right, str(path), "exec", dont_inherit=True), scope)
    scope["test_generator_learns"]()
