"""`inspect` as a user runs it: a process of its own, nothing faked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "fixtures" / "seeds"
KEYS = {"format", "kind", "tool", "target", "outcome", "players", "flow", "findings"}
KEYS |= {"notes", "unjudged"}


def inspect(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", "gradcheck_gan", "inspect", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        timeout=240,
        check=False,
    )


def marked(path: Path, code: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if re.search(f"# expect:.*{code}", line))


@pytest.mark.parametrize(
    ("name", "codes", "status"),
    [
        ("s1_ex1_rounded_levels", {"GG104", "GG201", "GG303"}, 1),
        ("s1_ex2_binary_gate", {"GG201", "GG303"}, 1),
        ("s1_ex3_rebuilt_decision", {"GG105"}, 1),
        ("s2_ex1_judge_alone", {"GG201"}, 0),
        ("s2_ex2_advised_detach", {"GG101", "GG201"}, 1),
        ("s2_ex3_attached_is_right", {"GG201"}, 0),
    ],
)
def test_seeds_tell_the_truth(name: str, codes: set[str], status: int) -> None:
    script = SEEDS / f"{name}.py"
    result = inspect("--format", "json", script)
    report = json.loads(result.stdout)
    assert set(report) >= KEYS
    found = {(each["code"], each["location"]["line"]) for each in report["findings"]}
    assert found == {(code, marked(script, code)) for code in codes}
    assert result.returncode == status


def test_finding_has_columns_evidence_and_a_fix() -> None:
    script = SEEDS / "s2_ex2_advised_detach.py"
    report = json.loads(inspect("--format", "json", "--select", "GG1", script).stdout)
    (finding,) = report["findings"]
    line = script.read_text(encoding="utf-8").splitlines()[finding["location"]["line"] - 1]
    place = finding["location"]
    assert line[place["column"] - 1 : place["end_column"] - 1] == "drawings.detach()"
    assert finding["evidence"]["parameters_with_gradient"] == 0
    assert "detach()" in finding["fix"]
    assert [each["note"] for each in finding["related"]][-1] == "sketcher is stepped here"
    assert place["path"] == "fixtures/seeds/s2_ex2_advised_detach.py"


def test_files_are_written_and_the_picture_shows_the_cut(tmp_path: Path) -> None:
    script = SEEDS / "s2_ex2_advised_detach.py"
    picture = tmp_path / "graph.svg"
    result = inspect(
        "-o", tmp_path / "report.json", "-o", tmp_path / "report.txt", "--graph", picture, script
    )
    assert result.returncode == 1
    assert "sketcher" in result.stdout, "the script's own output is left where it was"
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["format"] == 1
    assert "GG101" in (tmp_path / "report.txt").read_text(encoding="utf-8")
    drawn = "".join(ET.parse(picture).getroot().itertext())
    assert f"s2_ex2_advised_detach.py:{marked(script, 'GG101')}" in drawn


def test_script_output_goes_to_standard_error_beside_json() -> None:
    result = inspect("--format", "json", SEEDS / "s2_ex1_judge_alone.py")
    json.loads(result.stdout)
    assert result.stderr.strip()


def test_a_script_keeps_its_own_options_and_exit(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("import sys\nprint(sys.argv[1:])\nsys.exit(7)\n", encoding="utf-8")
    result = inspect("--format", "json", script, "-o", "x", "--", "--rounds", "3", cwd=tmp_path)
    assert "['-o', 'x', '--', '--rounds', '3']" in result.stderr
    assert json.loads(result.stdout)["outcome"]["script_exit"] == 7
    assert result.returncode == 2


def test_the_timeout_ends_a_script_that_hangs(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("import time\nprint('up', flush=True)\ntime.sleep(600)\n", encoding="utf-8")
    result = inspect("--timeout", "2", script, cwd=tmp_path)
    assert result.returncode == 2
    assert "train.py:3" in result.stderr, "it names the line where the script stands"


def test_a_swallowed_stop_still_ends_the_run(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(
        "import torch\n"
        "g, d = torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)\n"
        "og, od = (torch.optim.SGD(net.parameters(), 0.1) for net in (g, d))\n"
        "while True:\n"
        "    try:\n"
        "        od.zero_grad()\n"
        "        (d(g(torch.ones(3, 2)).detach()).mean() - d(torch.ones(3, 2)).mean()).backward()\n"
        "        od.step()\n"
        "        og.zero_grad()\n"
        "        (-d(g(torch.ones(3, 2))).mean()).backward()\n"
        "        og.step()\n"
        "    except:  # noqa\n"
        "        pass\n",
        encoding="utf-8",
    )
    result = inspect("--timeout", "60", script, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "No fault found" in result.stderr


def test_names_label_players_and_a_wrong_one_lists_the_candidates() -> None:
    script = SEEDS / "s2_ex1_judge_alone.py"
    report = json.loads(inspect("--format", "json", "--generator", "dis", script).stdout)
    roles = {player["name"]: player["role"] for player in report["players"]}
    assert roles["dis"] == "generator"
    wrong = inspect("--generator", "nobody", script)
    assert wrong.returncode == 2
    assert "gen, dis" in wrong.stderr
