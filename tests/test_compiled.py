"""A compiled program is inspected eagerly: its losses are those of TORCHDYNAMO_DISABLE=1."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from harness import FIXTURES, ROOT

SCRIPT = FIXTURES / "silent" / "compiled_by_inductor.py"


def printed(*arguments: str, **variables: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **variables}
    done = subprocess.run(
        [sys.executable, *arguments, str(SCRIPT)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.timeout(300)
def test_losses_are_those_of_the_eager_program() -> None:
    eager = printed(TORCHDYNAMO_DISABLE="1")
    assert len(eager.splitlines()) == 4
    assert printed("-m", "gradcheck_gan", "inspect", "--rounds", "100") == eager
