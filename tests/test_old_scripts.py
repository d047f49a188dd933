"""Scripts of an older torch fail as they do plainly; one sentence names the line and the cure."""

from __future__ import annotations

import io
import linecache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.autograd import Variable
from torch.utils.data import DataLoader

from gradcheck_gan.launch import Target, UsageError, prepare
from gradcheck_gan.launch.old import advice


def saved() -> io.BytesIO:
    kept = io.BytesIO()
    torch.save(nn.Linear(2, 2), kept)
    kept.seek(0)
    return kept


def load(stream: object, Loader: object) -> object:  # noqa: N803  # as in PyYAML
    return stream


SCOPE: dict[str, Any] = {
    "torch": torch,
    "nn": nn,
    "np": np,
    "Variable": Variable,
    "DataLoader": DataLoader,
    "loss": torch.ones(2, requires_grad=True).sum(),
    "odd": torch.rand(3, 2).t(),
    "size": 5,
    "whole": torch.ones(2, dtype=torch.long),
    "saved": saved,
    "load": load,
}

FAILING = {
    "print(loss.data[0])": "write `.item()`",
    "iter(DataLoader([1])).next()": "write `next(iterator)`",
    "nn.BCELoss()(torch.rand(3, 1), torch.rand(3))": "same shape",
    "nn.BCEWithLogitsLoss()(torch.rand(3, 1), torch.rand(3))": "same shape",
    "nn.BCELoss()(torch.rand(3), torch.full((3,), 1))": "`torch.full(size, 1.0)`",
    "nn.BCEWithLogitsLoss()(torch.rand(3), torch.full((3,), 1))": "`torch.full(size, 1.0)`",
    "whole /= 2": "write `//=`",
    "torch.load(saved())": "weights_only=False",
    "odd.view(6)": "`.reshape(...)`",
    "torch.ones(1, 4, 4).sub_(torch.ones(3, 1, 1))": "`transforms.Normalize((0.5,), (0.5,))`",
    "loss.backward(retain_variables=True)": "`retain_graph`",
    "load('a: 1')": "`yaml.safe_load(stream)`",
    "range(size / 2)": "write `//`",
    "torch.randn(size / 2, 2)": "write `//`",
    "nn.Linear(size / 2, 2)": "write `//`",
    "nn.Conv2d(3, size / 5, 3)": "write `//`",
    "[1, 2][size / 5]": "write `//`",
    "torch.ones(3)[whole / 2]": "write `//`",
    "import torch._six": "since torch 2.0",
    "np.float(1)": "write `float`",
    "xrange(3)": "`xrange` is Python 2",
    "{}.iteritems()": "`.items()`",
    "1 - (whole > 0)": "write `~mask`",
    "class F(torch.autograd.Function):\n  def forward(self, x): return x\nF()(loss)": "static",
}

UNRELATED = (
    "torch.ones(3)[size]",
    "nn.Linear(2, 3)(torch.ones(5))",
    "{}['a']",
    "range('a')",
    "loss.nothing",
    "open('/nowhere/at/all')",
    "nn.Linear(2.5, 2)",
)


def failure(source: str, name: str) -> BaseException:
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    try:
        exec(compile(source, name, "exec"), dict(SCOPE))
    except Exception as error:
        return error
    raise AssertionError(f"it did not fail: {source}")


@pytest.mark.parametrize(("source", "told"), FAILING.items())
def test_the_line_and_the_cure_are_named(source: str, told: str) -> None:
    (sentence,) = advice(failure(source, "/project/train.py"))
    line = source.count("\n") + 1
    assert sentence.startswith(f"train.py:{line}: ")
    assert told in sentence


@pytest.mark.parametrize("source", UNRELATED)
def test_other_failures_are_left_alone(source: str) -> None:
    assert advice(failure(source, "/project/train.py")) == ()


def test_the_line_is_the_users_own(tmp_path: Path) -> None:
    source = "def f(x):\n    return nn.BCELoss()(x, x.view(-1))\n\nf(torch.rand(3, 1))\n"
    (sentence,) = advice(failure(source, "/project/net.ipynb, cell 2"))
    assert sentence.startswith("net.ipynb, cell 2, line 2: ")


def test_a_keyword_of_today_is_named(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("x = y.cuda(async=True)\n")
    with pytest.raises(UsageError, match="write `non_blocking=True`"):
        prepare(Target("script", str(tmp_path / "train.py")))
