"""`watch`: a long run is looked at now and then, and at once where it changes; nothing is left."""

from __future__ import annotations

import gc
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradcheck_gan import watch
from gradcheck_gan.finding import Finding
from gradcheck_gan.recording import Recorder

NEVER = 10**6
ROOT = Path(__file__).resolve().parent.parent
PROBES = ROOT / "tests" / "probes"
HERE = Path(__file__).read_text(encoding="utf-8").splitlines()
Train = Callable[[int], list[float]]


class Training:
    """A small GAN; `broken_from` on the generator's fakes are detached."""

    def __init__(self, broken_from: int = NEVER, critics: int = 1) -> None:
        torch.manual_seed(0)
        self.netG = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
        self.netD = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
        self.optG = torch.optim.Adam(self.netG.parameters(), 1e-3)
        self.optD = torch.optim.Adam(self.netD.parameters(), 1e-3)
        self.broken_from, self.critics = broken_from, critics
        self.losses: list[float] = []

    def train(self, rounds: int) -> list[float]:
        bce = nn.BCEWithLogitsLoss()
        ones, zeros = torch.ones(8, 1), torch.zeros(8, 1)
        for number in range(rounds):
            fake = self.netG(torch.randn(8, 4))
            for _ in range(self.critics):
                self.optD.zero_grad()
                real = self.netD(torch.randn(8, 2) + 2)
                (bce(real, ones) + bce(self.netD(fake.detach()), zeros)).backward()
                self.optD.step()
            self.optG.zero_grad()
            shown = self.shown(fake, number)
            loss = bce(self.netD(shown), ones)
            loss.backward()
            self.optG.step()
            self.losses.append(loss.item())
        return self.losses

    def shown(self, fake: Tensor, number: int) -> Tensor:
        if number < self.broken_from:
            return fake
        return fake.detach()  # the fault


FAULT = next(n for n, line in enumerate(HERE, 1) if "# the fault" in line)


def test_fault_that_begins_late_is_found_at_once() -> None:
    told: list[Finding] = []
    with watch(every=NEVER, on_finding=told.append) as watcher:
        Training(broken_from=100).train(200)
    (finding,) = told
    assert (finding.code, finding.location.line) == ("GG101", FAULT)
    assert 100 < finding.first_round <= 106
    assert [one.code for one in watcher.report().findings] == ["GG101"]
    assert watcher.report().outcome.rounds == 200


def test_an_optimizer_that_has_done_its_part_holds_up_no_round() -> None:
    before = nn.Linear(2, 2)
    rounds: list[int] = []
    with watch(every=100, scalars=lambda name, value, number: rounds.append(number)):
        done = torch.optim.SGD(before.parameters(), 0.1)
        for _ in range(5):
            done.zero_grad()
            before(torch.ones(1, 2)).sum().backward()
            done.step()
        Training().train(500)
    assert max(rounds) > 300


def test_fault_is_told_once_and_counted() -> None:
    told: list[Finding] = []
    with watch(every=20, on_finding=told.append) as watcher:
        Training(broken_from=0).train(200)
    assert len(told) == 1
    (finding,) = watcher.report().findings
    assert finding.count > 10
    assert finding.last_round > 180


@pytest.mark.parametrize("critics", [1, 3])
def test_right_training_stays_silent_and_is_looked_at(critics: int) -> None:
    shares: dict[str, float] = {}
    rounds: list[int] = []

    def scalar(name: str, value: float, number: int) -> None:
        shares[name] = value
        rounds.append(number)

    with watch(every=25, scalars=scalar) as watcher:
        Training(critics=critics).train(120)
    assert watcher.report().findings == ()
    assert {player.name for player in watcher.report().players} == {"netG", "netD"}
    assert len(set(rounds)) >= 4
    assert all(name.startswith("gradcheck/") for name in shares)
    assert set(shares.values()) == {0.0, 1.0}


def test_results_are_the_same_to_the_bit() -> None:
    plain, watched = Training(), Training()
    plain.train(60)
    with watch(every=10):
        torch.manual_seed(0)
        watched = Training()
        watched.train(60)
    assert plain.losses == watched.losses
    pairs = zip(plain.netG.parameters(), watched.netG.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def test_nothing_is_left_behind() -> None:
    before = vars(torch.optim.Optimizer)["zero_grad"], torch.autograd.graph._engine_run_backward
    watcher = watch(every=5)
    with pytest.raises(ZeroDivisionError), watcher:
        Training(critics=3).train(8)[0] / 0
    watcher.close()
    after = vars(torch.optim.Optimizer)["zero_grad"], torch.autograd.graph._engine_run_backward
    assert before == after
    training = Training()
    training.train(2)
    assert not any(p._backward_hooks for p in training.netG.parameters())


def test_memory_stays_flat() -> None:
    counts = []
    training = Training()
    with watch(every=50):
        for _ in range(4):
            training.train(250)
            gc.collect()
            counts.append(len(gc.get_objects()))
    assert counts[-1] < counts[0] * 1.01 + 200


def test_nothing_to_judge_yet() -> None:
    with watch() as watcher:
        assert watcher.report().findings == ()
        assert watcher.report().outcome.rounds == 0
    with watch(every=1) as watcher:
        Training(broken_from=0).train(2)
    assert watcher.report().findings == ()


def test_inside_a_recording_it_holds_still() -> None:
    told: list[Finding] = []
    recorder = Recorder(rounds=NEVER, max_steps=NEVER, of_script=False)
    with recorder, watch(every=1, on_finding=told.append):
        Training(broken_from=0).train(10)
    assert told == []


def failing(*arguments: Any) -> None:
    raise RuntimeError("mine")


def test_callbacks_that_fail_end_nothing(caplog: pytest.LogCaptureFixture) -> None:
    training = Training(broken_from=0)
    with watch(every=10, on_finding=failing, scalars=failing):
        training.train(40)
    assert len(training.losses) == 40
    assert "callback of watch failed" in caplog.text


def test_failure_of_ours_ends_the_watching_alone(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradcheck_gan.watching._whole_rounds", failing)
    training = Training(broken_from=0)
    with watch(every=10) as watcher:
        training.train(40)
    assert len(training.losses) == 40
    assert caplog.text.count("watching failed") == 1
    assert watcher.report().findings == ()


def test_findings_are_logged_by_default(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "gradcheck_gan"), watch(every=20):
        Training(broken_from=0).train(30)
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert f"test_watch.py:{FAULT}: GG101 detached-player" in record.getMessage()


def test_wrong_use_is_said() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        watch(every=0)
    with watch() as watcher, pytest.raises(RuntimeError, match="already watching"):
        watcher.__enter__()


@pytest.mark.parametrize(("broken", "codes"), [("", []), ("1", ["GG104"])])
def test_every_process_watches_itself(broken: str, codes: list[str], tmp_path: Path) -> None:
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [sys.executable, *launch, str(PROBES / "watched_ranks.py")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "BROKEN": broken, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    for rank in range(2):
        assert (tmp_path / f"rank{rank}.txt").read_text().split() == ["30", *codes]
