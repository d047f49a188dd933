"""The ledger of the benchmark, on programs whose gradients are known."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
import torch._dynamo  # noqa: F401  # the first step imports it, which takes seconds in every child

from benchmarks.real import ledger
from benchmarks.real.verdict import CRASH, LEAK, NOTHING, TWICE, WASTE, Claim, by_site, measured

HEAD = """
import torch
G, D = torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)
oG = torch.optim.SGD(G.parameters(), 0.1)
oD = torch.optim.SGD(D.parameters(), 0.1)
"""
GENERATOR_STEP = """
oG.zero_grad()
D(G(torch.randn(4, 2))).mean().backward()
oG.step()
"""
DISCRIMINATOR_STEP = """
oD.zero_grad()
D(G(torch.randn(4, 2)).detach()).mean().backward()
oD.step()
"""


def run_ledger(out: Path, script: Path, steps: int) -> None:
    os.chdir(script.parent)
    sys.argv[:] = ["ledger.py", str(out), str(steps), str(script)]
    ledger.main()


def account(folder: Path, step: str, before: str = "", rounds: int = 2) -> dict[str, Any]:
    """Of a program that makes this step over and over; two optimizer steps are a round."""
    script, out = folder / "program.py", folder / "account.json"
    script.write_text(f"{HEAD}{before}\nwhile True:\n{indent(step, '    ')}\n")
    arguments = (out, script, 2 * rounds)
    child = multiprocessing.get_context("fork").Process(target=run_ledger, args=arguments)
    child.start()
    child.join(60)
    told: dict[str, Any] = json.loads(out.read_text())
    return told


def line(folder: Path, text: str) -> str:
    lines = (folder / "program.py").read_text().splitlines()
    (number,) = (n for n, one in enumerate(lines, 1) if text in one)
    return f"program.py:{number}"


def test_right_program_gets_its_gradients_and_no_claim(tmp_path: Path) -> None:
    told = account(tmp_path, DISCRIMINATOR_STEP + GENERATOR_STEP)
    steps = [(o["name"], o["alive"], o["parameters"], o["steps"]) for o in told["optimizers"]]
    assert steps == [("oG", 2, 2, {"2 nonzero": 2}), ("oD", 2, 2, {"2 nonzero": 2})]
    fooling, judging = line(tmp_path, "D(G(torch.randn(4, 2)))"), line(tmp_path, "detach")
    assert by_site(told, "read") == {fooling: {"oG"}, judging: {"oD"}}
    assert by_site(told, "unread") == {fooling: {"oD"}}
    assert measured(told, ["oD"]) == []


@pytest.mark.parametrize(
    ("step", "before", "claim"),
    [
        (
            DISCRIMINATOR_STEP.replace(".detach()", "") + GENERATOR_STEP,
            "",
            Claim(WASTE, frozenset({"oG"})),
        ),
        (
            DISCRIMINATOR_STEP + GENERATOR_STEP.replace("2))).mean", "2)).detach()).mean"),
            "",
            Claim(NOTHING, frozenset({"oG"})),
        ),
        (
            DISCRIMINATOR_STEP + GENERATOR_STEP.replace("backward()", "mul(torch.nan).backward()"),
            "",
            Claim(NOTHING, frozenset({"oG"})),
        ),
        (
            f"oD.zero_grad(){GENERATOR_STEP}oD.step()",
            "",
            Claim(LEAK, frozenset({"oG", "oD"})),
        ),
        (
            DISCRIMINATOR_STEP + GENERATOR_STEP,
            "oG = torch.optim.SGD([*G.parameters(), G.weight], 0.1)",
            Claim(TWICE, frozenset({"oG"})),
        ),
        (
            DISCRIMINATOR_STEP.replace("oD.step()", "loss = D(G(torch.randn(4, 2))).mean()")
            + "oG.zero_grad()\noD.step()\nloss.backward()\noG.step()",
            "",
            Claim(CRASH),
        ),
    ],
    ids=["attached", "detached", "nan", "summed", "twice", "changed"],
)
def test_fault_is_measured(tmp_path: Path, step: str, before: str, claim: Claim) -> None:
    assert measured(account(tmp_path, step, before), ["oD"]) == [claim]


@pytest.mark.parametrize("clearing", ["False", "True"])
def test_gradient_cleared_unread_is_seen_by_value(tmp_path: Path, clearing: str) -> None:
    step = (DISCRIMINATOR_STEP + GENERATOR_STEP).replace("zero_grad()", f"zero_grad({clearing})")
    told = account(tmp_path, step.replace(".detach()", ""), rounds=3)
    assert measured(told, ["oD"]) == [Claim(WASTE, frozenset({"oG"}))]


def test_parameter_that_was_frozen_at_first_is_followed(tmp_path: Path) -> None:
    before = "D.requires_grad_(False)"
    step = "D.requires_grad_(True)\n" + DISCRIMINATOR_STEP + GENERATOR_STEP
    told = account(tmp_path, step, before)
    assert [owner["alive"] for owner in told["optimizers"]] == [2, 2]
    assert by_site(told, "read")[line(tmp_path, "detach")] == {"oD"}


def test_script_that_fails_is_told(tmp_path: Path) -> None:
    told = account(tmp_path, DISCRIMINATOR_STEP + "raise ValueError('no more')")
    assert (told["steps"], told["error"]) == (1, "ValueError: no more")
