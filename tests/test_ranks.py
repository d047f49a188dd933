"""Several processes: where they stop, who reports, and what the one report says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from harness import ROOT

from gradcheck_gan.finding import Finding, Report, Tool
from gradcheck_gan.ranks import agreement, lookout, merging, record, refusing
from gradcheck_gan.ranks.agreement import Agreement
from gradcheck_gan.ranks.board import Board, BoardError
from gradcheck_gan.ranks.record import Record
from gradcheck_gan.ranks.team import Team, joined
from gradcheck_gan.recording.keys import Key
from gradcheck_gan.recording.rounds import Rounds
from gradcheck_gan.run import Location, Outcome, Peer, Run
from gradcheck_gan.stored import StoredRun

ONE = Key("one")
LAUNCH = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
TOLD = {"RANK": "1", "WORLD_SIZE": "4", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}


def team(folder: Path, rank: int, world: int) -> Team:
    return Team(rank, tuple(range(world)), str(folder))


class Training(threading.Thread):
    """One rank whose every round holds a collective, where all have to come."""

    def __init__(self, board: Board, limit: int, collective: threading.Barrier, late: float):
        super().__init__()
        self.board, self.collective, self.late = board, collective, late
        self.rounds = Rounds(limit, 1000)
        self.hung = False

    def run(self) -> None:
        agreed = Agreement(self.board)
        for _ in range(12):
            try:
                self.collective.wait(timeout=8)
            except threading.BrokenBarrierError:
                self.hung = True
                break
            time.sleep(self.late)
            self.rounds.step(ONE, {ONE}, skipped=False)
            agreed.consider(self.rounds)
            if self.rounds.stop is not None:
                break
        self.board.tell(ended=True)


@pytest.mark.parametrize(
    ("limits", "late"),
    [
        ((2, 2), (0.0, 0.0)),
        ((2, 2), (0.0, 0.3)),
        ((2, 3), (0.0, 0.0)),
        ((5, 2), (0.2, 0.0)),
        ((3, 2, 6, 2), (0.0, 0.1, 0.0, 0.05)),
    ],
)
def test_all_stop_after_the_same_round(
    limits: Sequence[int], late: Sequence[float], tmp_path: Path
) -> None:
    collective = threading.Barrier(len(limits))
    boards = [Board(team(tmp_path / "ranks", rank, len(limits))) for rank in range(len(limits))]
    together = zip(boards, limits, late, strict=True)
    ranks = [Training(board, limit, collective, pause) for board, limit, pause in together]
    for rank in ranks:
        rank.start()
    for rank in ranks:
        rank.join()
    assert [rank.hung for rank in ranks] == [False] * len(limits)
    assert len({rank.rounds.closed for rank in ranks}) == 1
    assert min(limits) <= ranks[0].rounds.closed <= max(limits)


def test_a_rank_that_never_closes_a_round_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agreement, "BEHIND", 0.05)
    boards = [Board(team(tmp_path / "ranks", rank, 2)) for rank in range(2)]
    rounds, agreed = Rounds(2, 1000), Agreement(boards[0])
    for _ in range(20):
        rounds.step(ONE, {ONE}, skipped=False)
        agreed.consider(rounds)
        if rounds.stop is not None:
            break
    assert rounds.stop == "rounds"
    assert rounds.closed == 2 + agreement.TURNS


def test_launchers_tell_who_trains_together() -> None:
    found = joined(TOLD)
    assert found is not None
    assert (found.rank, found.ranks, found.others) == (1, (0, 1, 2, 3), (0, 2, 3))
    assert joined({**TOLD, "WORLD_SIZE": "1", "RANK": "0"}) is None
    assert joined({}) is None
    second = joined({**TOLD, "RANK": "3", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"})
    assert second is not None
    assert second.ranks == (2, 3)
    other = joined({**TOLD, "MASTER_PORT": "29501"})
    assert other is not None
    assert other.folder != found.folder


def test_nobody_elses_folder_is_used(tmp_path: Path) -> None:
    link = tmp_path / "link"
    (tmp_path / "theirs").mkdir()
    link.symlink_to(tmp_path / "theirs")
    with pytest.raises(BoardError):
        Board(team(link, 0, 2))


def test_one_rank_writes_and_the_dead_are_seen(tmp_path: Path) -> None:
    first, second = (Board(team(tmp_path / "ranks", rank, 2)) for rank in range(2))
    assert first.claim()
    assert not second.claim()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    second.own = replace(second.own, pid=gone.pid)
    second.tell()
    assert first.dead() == [1]
    assert first.standings() == {}


@pytest.mark.parametrize(
    ("how", "expected"), [("complete", [False]), ("stopped", [True]), ("timeout", [])]
)
def test_who_waits_for_a_rank_that_timed_out_waits_for_nobody(
    how: str, expected: list[bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookout, "STUCK", 0.2)
    first, second = (Board(team(tmp_path / "ranks", rank, 2)) for rank in range(2))
    second.tell(ended=True, how=how)
    told: list[bool] = []
    lookout.Lookout(first, "", lambda why, stopped: told.append(stopped)).start()
    for _ in range(100 if expected else 8):
        time.sleep(0.2)
        if told:
            break
    first.tell(ended=True)
    assert told == expected


@pytest.mark.parametrize(
    ("refusals", "told"),
    [(("no", "no", "no"), [0]), ((None, "no", "no"), [1]), (("no", "other", "no"), [0, 1])],
)
def test_each_refusal_is_told_by_the_lowest_rank_that_makes_it(
    refusals: Sequence[str | None],
    told: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refusing, "PATIENCE", 0.5)
    boards = [Board(team(tmp_path / "ranks", rank, 3)) for rank in range(3)]
    said: list[int] = []
    threads = [
        threading.Thread(target=refusing.told_once, args=(board, why, partial(said.append, rank)))
        for rank, (board, why) in enumerate(zip(boards, refusals, strict=True))
        if why is not None
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == told
    assert not (tmp_path / "ranks").exists()


def finding(code: str, line: int) -> Finding:
    return Finding(code, "x", "error", "it is so", Location("t.py", line), "mend it")


def kept(findings: Sequence[Finding], outcome: Outcome, *peers: Peer, notes: str = "") -> StoredRun:
    tool = Tool("t", "0", None, "3")
    told = (notes,) if notes else ()
    report = Report(tool, "t.py", outcome, findings=tuple(findings), notes=told)
    return StoredRun(Run("t.py", outcome, rank=0, peers=peers, notes=told), report)


def test_what_is_found_on_all_is_told_once_and_what_is_not_with_its_rank() -> None:
    outcome = Outcome("stopped", rounds=2, steps=4, stopped_by="rounds")
    peer = Peer(1, outcome, 5.0)
    own = kept([finding("GG101", 3)], outcome, peer, notes="shared")
    theirs = kept([finding("GG101", 3), finding("GG104", 9)], outcome, notes="shared").report
    theirs = replace(theirs, notes=("shared", "theirs"))
    report = merging.merged(own, 4.0, [Record(peer, theirs)], {}).report
    assert [(f.code, f.message) for f in report.findings] == [
        ("GG101", "it is so"),
        ("GG104", "it is so (rank 1 only)"),
    ]
    assert report.findings[1].evidence == {"ranks": "1"}
    assert list(report.notes) == [
        "recorded on ranks 0 and 1; what names no rank is true of each",
        "shared",
        "rank 1: theirs",
    ]


def test_the_first_failure_is_that_of_all() -> None:
    later = Outcome("crashed", "RuntimeError: connection closed", 1, rounds=1, steps=2)
    first = Outcome("crashed", "ValueError: bad batch", 1, rounds=1, steps=1)
    peer = Peer(1, first, 5.0)
    found = merging.merged(kept([], later, peer), 6.0, [Record(peer)], {}).report.outcome
    assert found.exception == "ValueError: bad batch on rank 1"
    alone = merging.merged(kept([], later), 6.0, [], {1: "its process died"}).report
    assert alone.outcome.exception == "rank 1 is lost: its process died"
    assert alone.notes == ("rank 1 left no record: its process died",)


def test_records_survive_being_written() -> None:
    outcome = Outcome("complete")
    whole = Record(Peer(3, outcome, 1.5), kept([finding("GG101", 3)], outcome).report)
    assert record.load(record.dump(whole)) == whole


def launched(script: str, *options: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *LAUNCH, "-m", "gradcheck_gan", "inspect", *options, script]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=110
    )


def test_torchrun_gives_one_report(tmp_path: Path) -> None:
    done = launched("fixtures/distributed/gg101_detached_fakes.py", "-o", str(tmp_path / "r.json"))
    assert done.stderr.count("GG101 error detached-player") == 1
    assert done.stderr.count("recorded on ranks 0 and 1") == 1
    assert done.stderr.count("wrote ") == 1
    assert done.stderr.count("exitcode  : 1 ") == 2
    found = json.loads((tmp_path / "r.json").read_text())
    assert [each["code"] for each in found["findings"]] == ["GG101"]


@pytest.mark.parametrize(
    ("program", "told"),
    [
        (
            "judge_on_each_rank_silent",
            ["4 of 4 parameters of judge differ", "each rank trains a judge of its own"],
        ),
        ("gg101_judge_on_each_rank", ["4 of 4 parameters of dis differ", "of its own"]),
        ("averaged_but_never_equal_silent", ["parameters of G differ", "of D differ", "the same"]),
        ("each_rank_by_itself_silent", ["of gen began equal", "of crit began equal"]),
        ("weights_averaged_each_round_silent", []),
        ("wrapped_pair_silent", []),
        ("gg502_judge_not_wrapped", []),
    ],
)
def test_players_that_the_ranks_train_apart_are_noted(program: str, told: list[str]) -> None:
    done = launched(f"fixtures/distributed/{program}.py", "--format", "markdown")
    lines = done.stdout.splitlines()
    noted = [line for line in lines if "from the start" in line or "began equal" in line]
    noted = [line for line in noted if line.startswith("Note: ")]
    assert bool(noted) is bool(told)
    assert not [words for words in told if words not in " ".join(noted)]
    assert not [note for note in noted if " ranks 0 and 1 " not in note]


def test_torchrun_is_content_with_a_right_program() -> None:
    done = launched("fixtures/distributed/wrapped_pair_silent.py", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["findings"] == []
