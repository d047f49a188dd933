"""Notebooks run cell by cell, and a finding names the cell and the line in it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gradcheck_gan.cells import code_cells, line_in_file
from gradcheck_gan.launch import Target, UsageError, prepare
from gradcheck_gan.magics import plain

ROOT = Path(__file__).resolve().parent.parent
FIRST = "%matplotlib inline\n!pip install x \\\n  -q\nimport torch\nfrom helper import LR"
NETS = (
    "from IPython.display import clear_output, display\n"
    "torch.manual_seed(0)\n"
    "g, d = torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)\n"
    "og, od = (torch.optim.SGD(net.parameters(), LR) for net in (g, d))"
)
STEP = (
    "%%time\n"
    "def step():\n"
    "    od.zero_grad()\n"
    "    (d(g(torch.ones(3, 2)).detach()).mean() - d(torch.ones(3, 2)).mean()).backward()\n"
    "    od.step()\n"
    "    og.zero_grad()\n"
    "    (-d(g(torch.ones(3, 2)).detach()).mean()).backward()\n"
    "    og.step()"
)
CELLS = (
    ("markdown", "# A GAN\nimport nothing"),
    ("code", FIRST),
    ("code", ""),
    ("code", "%%bash\nexit 1"),
    ("code", NETS),
    ("code", STEP),
    ("code", "for i in range(4):\n    %time step()\n    clear_output()\n    display(i)\n"),
)


def written(folder: Path, cells: tuple[tuple[str, str], ...], **options: Any) -> Path:
    made: list[Any] = [
        {
            "cell_type": kind,
            "metadata": {},
            **({"execution_count": None, "outputs": []} if kind == "code" else {}),
            "source": source.splitlines(keepends=True),
        }
        for kind, source in cells
    ]
    path = folder / "train.ipynb"
    path.write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4}, **options))
    return path


def inspect(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gradcheck_gan", "inspect", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_finding_names_cell_and_line_and_services_get_the_line_of_the_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "helper.py").write_text("LR = 0.1\n")
    file = written(tmp_path / "sub", CELLS, indent=1)
    outputs = ["-o", "r.json", "-o", "r.sarif", "-o", "github:r.gh", "--save-run", "run.json"]
    done = inspect(tmp_path, *outputs, "sub/train.ipynb")
    assert done.returncode == 1, done.stderr
    (finding,) = json.loads((tmp_path / "r.json").read_text())["findings"]
    place = finding["location"]
    assert (finding["code"], place["path"], place["cell"]) == ("GG101", "sub/train.ipynb", 4)
    line = STEP.splitlines()[place["line"] - 1]
    assert line[place["column"] - 1 : place["end_column"] - 1] == "g(torch.ones(3, 2)).detach()"
    assert "sub/train.ipynb, cell 4, line 7, column 9: GG101 error" in done.stderr
    assert f"7 | {line.strip()}" in done.stderr
    rows = file.read_text().splitlines()
    row = next(n for n, text in enumerate(rows, 1) if "(-d(g(" in text)
    result = json.loads((tmp_path / "r.sarif").read_text())["runs"][0]["results"][0]
    (found,) = result["locations"]
    assert found["physicalLocation"]["region"]["startLine"] == row
    assert f"file=sub/train.ipynb,line={row}," in (tmp_path / "r.gh").read_text()
    file.write_text("{}")  # what was recorded is shown as it was
    shown = subprocess.run(
        [sys.executable, "-m", "gradcheck_gan", "report", "run.json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"7 | {line.strip()}" in shown.stderr


def test_tracebacks_and_inspect_show_the_source_and_comments_silence(tmp_path: Path) -> None:
    silent = CELLS[5][1].replace(
        "mean()).backward()", "mean()).backward()  # gradcheck: ignore[GG]"
    )
    cells = (
        *CELLS[:5],
        ("code", silent),
        CELLS[6],
        ("code", "import inspect\nprint(inspect.getsource(step))\nraise KeyError('end')"),
    )
    (tmp_path / "helper.py").write_text("LR = 0.1\n")
    written(tmp_path, cells)
    done = inspect(tmp_path, "--rounds", "9", "train.ipynb")
    assert "    od.zero_grad()\n" in done.stdout
    assert f'File "{tmp_path / "train.ipynb"}, cell 6", line 3, in <module>' in done.stderr
    assert "    raise KeyError('end')\n" in done.stderr
    assert "0 errors" not in done.stderr
    assert "GG101" not in done.stderr


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("x = 1\n%time f(x)", "x = 1\nif 1: f(x)\n"),
        ("    %timeit f(x)", "    if 1:   f(x)\n"),
        ("%timeit -n 3 f(x)", "pass\n"),
        ("a = !ls", "a = []\n"),
        ("!a \\\n  b\nc", "pass\n\nc\n"),
        ("g?", "pass\n"),
        ("?g", "pass\n"),
        ("%%html\n<b>", ""),
        ("%%capture out\nf()", "\nf()"),
        ("x = (7\n% 2)", "x = (7\n% 2)"),
        ("t = '''\n%run\n!ls\n'''\n!ls", "t = '''\n%run\n!ls\n'''\npass\n"),
        ("if x:\n    %magic\n", "if x:\n    pass\n"),
    ],
)
def test_magics_go_and_python_stays(source: str, code: str) -> None:
    assert plain(source) == code
    ast.parse(code.lstrip())


def test_cells_that_hold_nothing_are_not_counted() -> None:
    notebook = {"cells": [{"cell_type": kind, "source": source} for kind, source in CELLS]}
    assert code_cells(notebook) == [source for kind, source in CELLS if kind == "code" and source]


@pytest.mark.parametrize("indent", [1, 2, None])
def test_the_line_of_the_file(indent: int | None, tmp_path: Path) -> None:
    text = written(tmp_path, CELLS, indent=indent).read_text()
    rows = text.splitlines()
    found = line_in_file(text, 4, 5)
    assert "od.step()" in rows[found - 1]
    assert found > 1 or indent is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"cells": 3}', "train.ipynb is no notebook (it has no list of cells); "),
        ("x", "train.ipynb is no notebook (Expecting value"),
        (
            '{"cells": [{"cell_type": "code", "source": ["a = = 1"]}]}',
            "train.ipynb, cell 1, line 1, is not valid Python",
        ),
        (None, "train.ipynb cannot be read (No such file or directory); "),
    ],
)
def test_what_is_no_notebook_is_said_in_a_sentence(
    content: str | None, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "train.ipynb").write_text(content)
    with pytest.raises(UsageError) as caught:
        prepare(Target("script", "train.ipynb"))
    assert str(caught.value).startswith(told)
