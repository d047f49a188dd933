"""Ctrl-C while the tool itself starts."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gradcheck_gan.commandline.interrupts import interrupts_end_the_process

ROOT = Path(__file__).resolve().parent.parent

SWALLOWED = """
import signal
from gradcheck_gan.commandline.interrupts import interrupts_end_the_process
with interrupts_end_the_process():
    try:
        signal.raise_signal(signal.SIGINT)
    except BaseException:
        pass
print("went on")
"""
IGNORED = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + SWALLOWED


def start(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_import_that_swallows_ctrl_c_does_not_swallow_ours() -> None:
    ended = start(SWALLOWED)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_ctrl_c_stays_ignored_where_it_was() -> None:
    assert start(IGNORED).stdout == "went on\n"


def test_the_script_gets_python_s_own_handler_back() -> None:
    with interrupts_end_the_process():
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
