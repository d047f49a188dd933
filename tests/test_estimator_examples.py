"""The GANs of docs/estimators.md: broken they never learn, with the remedy they do."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples" / "estimators"
FAULTS = {"rounded": "GG104", "threshold": "GG103", "choice": "GG105"}


def training(name: str) -> Callable[..., list[float]]:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    train: Callable[..., list[float]] = module.train
    return train


@pytest.mark.parametrize("name", FAULTS)
def test_remedy_comes_closer_than_the_broken_one_ever_does(name: str) -> None:
    train = training(name)
    mended, broken = train(), train(broken=True)
    assert len(mended) == len(broken) == 301
    assert mended[-1] < 0.4 * mended[0]
    assert min(broken) > 0.8 * broken[0]


def inspected(folder: Path, name: str, *arguments: str) -> dict[str, Any]:
    options = ["-o", str(folder / "report.json"), f"examples/estimators/{name}.py", *arguments]
    subprocess.run(
        [sys.executable, "-m", "gradcheck_gan", "inspect", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return report


@pytest.mark.parametrize(("name", "code"), FAULTS.items())
def test_remedy_is_silent_and_without_it_the_fault_is_found(
    name: str, code: str, tmp_path: Path
) -> None:
    mended = inspected(tmp_path, name)
    assert mended["findings"] == []
    generator = next(one["name"] for one in mended["players"] if one["role"] == "generator")
    reached = [flow["reach"][generator] for flow in mended["flow"] if generator in flow["reach"]]
    assert any(one["flows"] for one in reached)
    assert [one["code"] for one in inspected(tmp_path, name, "--broken")["findings"]] == [code]


def test_picture_shows_all_of_them() -> None:
    picture = (ROOT / "docs" / "images" / "estimators.svg").read_text(encoding="utf-8")
    for name in FAULTS:
        assert f"{name}.py" in picture
