"""What the benchmark makes of an account and a report: claims, agreement, rows of a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.real import table
from benchmarks.real.programs import Program, checkout, load
from benchmarks.real.verdict import KINDS, NOT_COMPARED, agreement
from gradcheck_gan.commandline.catalogue import catalogue

Read = list[tuple[str, int]]
LATER = {"GG301", "GG303", "GG306", "GG310"}


def account(read: Read, unread: Read, *, alive: int = 4, error: str = "") -> dict[str, Any]:
    """Of a generator with optimizer 1 and a discriminator with optimizer 2, two steps each."""
    owners = [(1, "oG", alive), (2, "oD", 4)]
    return {
        "steps": 4,
        "error": error or None,
        "optimizers": [
            {
                "number": number,
                "name": name,
                "parameters": 4,
                "entries": 4,
                "alive": moved,
                "steps": {f"{moved} nonzero": 2},
            }
            for number, name, moved in owners
        ],
        "read": [[site, number, 4] for site, number in read],
        "unread": [[site, number, 4] for site, number in unread],
    }


RIGHT = account([("a.py:1", 2), ("a.py:2", 1)], [("a.py:2", 2)])
WASTE = account([("a.py:1", 2), ("a.py:2", 1)], [("a.py:1", 1)])
STARVED = account([("a.py:1", 2)], [], alive=0)
NO_STEP = {**RIGHT, "steps": 0, "optimizers": [], "read": [], "unread": []}


def report(*codes: str, player: str | None = "netG") -> dict[str, Any]:
    place = {"path": "src/a.py", "line": 7}
    return {
        "players": [
            {"name": "netG", "optimizers": ["self.oG"]},
            {"name": "netD", "optimizers": ["self.oD"]},
        ],
        "outcome": {"status": "stopped", "rounds": 2},
        "findings": [
            {"code": code, "severity": "error", "player": player, "location": place}
            for code in codes
        ],
    }


@pytest.mark.parametrize(
    ("measured", "said", "agree"),
    [
        (RIGHT, report(), "yes"),
        (WASTE, report("GG201"), "yes"),
        (STARVED, report("GG101"), "yes"),
        (STARVED, report("GG101", player=None), "yes"),
        (RIGHT, report("GG110"), "yes"),
        (RIGHT, report("GG101"), "no: tool alone: no gradient in oG"),
        (STARVED, report(), "no: ledger alone: no gradient in oG"),
        (
            STARVED,
            report("GG101", player="netD"),
            "no: ledger alone: no gradient in oG; tool alone: no gradient in oD",
        ),
        (NO_STEP, report(), NOT_COMPARED),
        (None, report(), NOT_COMPARED),
        (RIGHT, None, NOT_COMPARED),
    ],
)
def test_agreement_is_by_kind_and_optimizer(
    measured: dict[str, Any] | None, said: dict[str, Any] | None, agree: str
) -> None:
    assert agreement(measured, said, ["oD"]) == agree


def test_codes_of_kinds_are_rules() -> None:
    assert set(KINDS) - {entry.code for entry in catalogue()} <= LATER


PROGRAM = Program("x/gan", "o/x", ".", ["a.py"], "Fine.", ["oD"], ["GG201"])
FILE = f"""# Title

<!-- made -->
old
<!-- end -->

{table.HEAD[0]}
{table.HEAD[1]}
| x/gan | old | 2 rounds: nothing | yes | old |
| x/other | 3 steps | failed: nothing | not compared | It fails. |

## After
"""


def test_row_tells_figures_findings_and_agreement() -> None:
    assert str(table.row(PROGRAM, WASTE, report("GG201"))) == (
        "| x/gan | 4 steps; oG 4/4; oD 4/4; unread: a.py:1 → oG | "
        "2 rounds: **GG201** error a.py:7 | yes | Fine. |"
    )
    failed = account([], [], error="Error: a | b `c`")
    cells = str(table.row(PROGRAM, failed, None)).split(" | ")
    assert cells[1].endswith("`Error: a / b 'c'`")
    assert cells[2] == "no report: it was ended by the time limit"


def test_row_is_read_back() -> None:
    row = table.row(PROGRAM, WASTE, report("GG201"))
    assert table.Row.parse(str(row)) == row
    assert [table.Row.parse(line) for line in (*table.HEAD, "text", "| a | b |")] == [None] * 4


def test_update_replaces_adds_and_counts(tmp_path: Path) -> None:
    file = tmp_path / "table.md"
    file.write_text(FILE)
    new = Program("examples/new", "o/x", ".", ["a.py"], "New.", ["oD"])
    table.update(file, [table.row(PROGRAM, WASTE, report()), table.row(new, RIGHT, report())])
    lines = file.read_text().splitlines()
    assert [line.partition(" | ")[0] for line in lines if line.startswith("| ")] == [
        "| program",
        "| ---",
        "| x/gan",
        "| x/other",
        "| examples/new",
    ]
    text = file.read_text()
    assert "old" not in text
    assert "2 of 3 rows ran to two rounds, 1 of them of the first three repositories." in text
    assert "agree in 1 of the 2 rows" in text
    assert lines[-1] == "## After"


def test_untrue_and_missed_findings_are_told() -> None:
    assert table.wrong(PROGRAM, report("GG201")) == []
    assert table.wrong(PROGRAM, report("GG201", "GG101")) == ["error GG101 is not true"]
    assert table.wrong(PROGRAM, report()) == ["GG201 is not found"]


def test_list_of_programs_is_sound() -> None:
    programs, commits = load()
    assert len({program.name for program in programs}) == len(programs)
    assert {program.repository for program in programs} == set(commits)
    assert [p.name for p in programs if not p.remark.endswith(".")] == []


@pytest.mark.parametrize("spelling", ["owner/name", "owner+name", "owner-name", "name"])
def test_checkout_is_found_in_a_folder_and_as_one(tmp_path: Path, spelling: str) -> None:
    folder = tmp_path / spelling
    folder.mkdir(parents=True)
    assert checkout("owner/name", [tmp_path]) == folder
    assert checkout("owner/name", [folder]) == folder
    assert checkout("owner/else", [tmp_path]) is None
