"""What a script writes lands in a scratch folder, and the script cannot tell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gradcheck_gan.stand_ins.zones import Zones

ROOT = Path(__file__).resolve().parent.parent
PROBES = ROOT / "tests" / "probes" / "files"
UNDER = (
    "import sys, os\n"
    "from gradcheck_gan.launch import Target, prepare, run\n"
    "from gradcheck_gan.stand_ins import Surroundings, Wanted\n"
    "prepared = prepare(Target('script', sys.argv[1]))\n"
    "with Surroundings(Wanted(folders=(os.getcwd(),))) as around:\n"
    "    end = run(prepared)\n"
    "sys.stderr.write(''.join(f'NOTE {note}\\n' for note in around.notes()))\n"
    "sys.exit(end.exit_status)\n"
)


def filled(folder: Path) -> Path:
    (folder / "keep" / "sub").mkdir(parents=True)
    (folder / "keep" / "k").write_text("k\n")
    (folder / "data.txt").write_text("first\n")
    return folder


def tree(folder: Path) -> dict[str, tuple[object, ...]]:
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in [folder, *folder.rglob("*")]
    }


def ran(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    temporary = folder.with_name(f"{folder.name}-temporary")
    temporary.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not list(temporary.glob("gradcheck-gan-*")), "nothing is left of the scratch folder"
    return done


def script(folder: Path, source: str) -> str:
    path = folder.with_name("script.py")
    path.write_text(source)
    return str(path)


@pytest.mark.parametrize("probe", sorted(PROBES.glob("*.py")), ids=lambda path: path.stem)
def test_a_script_sees_what_it_sees_plainly(probe: Path, tmp_path: Path) -> None:
    one, other = filled(tmp_path / "plain"), filled(tmp_path / "under")
    plain = ran(one, str(probe))
    before = tree(other)
    under = ran(other, "-c", UNDER, str(probe))
    assert tree(other) == before
    assert tree(one) != before
    assert under.stdout == plain.stdout
    told = re.sub("^NOTE .*\n", "", under.stderr, flags=re.MULTILINE)
    assert told == plain.stderr
    assert under.returncode == plain.returncode


def test_the_report_lists_what_was_kept_from_the_disk(tmp_path: Path) -> None:
    source = (
        "import os\n"
        "for n in range(6):\n"
        "    with open(f'{n}.txt', 'w') as f: f.write('x')\n"
        "os.remove('data.txt')\n"
    )
    done = ran(filled(tmp_path / "under"), "-c", UNDER, script(tmp_path / "under", source))
    assert done.stderr == (
        "NOTE Kept from the disk: 6 files that it wrote (0.txt, 1.txt, 2.txt, 3.txt, 2 more) and "
        "1 file that it removed (data.txt); --keep-writes lets the script change its files.\n"
    )


def test_a_project_in_the_temporary_folder_is_the_users_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = os.path.realpath(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", temporary)
    zones = Zones([os.path.join(temporary, "project", "scripts")])
    assert zones.is_users(os.path.join(temporary, "project", "data", "digits"))
    assert not zones.is_users(os.path.join(temporary, "another", "data"))
    assert not zones.is_users(temporary)


def test_a_script_that_writes_nothing_is_told_nothing_of(tmp_path: Path) -> None:
    source = "import tempfile, os\nos.listdir()\nopen('data.txt').read()\n"
    source += "tempfile.TemporaryFile().write(b'x')\nopen('/dev/null', 'w').write('x')\n"
    done = ran(filled(tmp_path / "under"), "-c", UNDER, script(tmp_path / "under", source))
    assert (done.stdout, done.stderr) == ("", "")


GAN = (
    "import os, sys, torch\n"
    "import helper\n"
    "g, d = torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)\n"
    "og, od = (torch.optim.SGD(net.parameters(), 0.1) for net in (g, d))\n"
    "os.makedirs('models', exist_ok=True)\n"
    "for step in range(3):\n"
    "    od.zero_grad()\n"
    "    (d(g(torch.ones(3, 2)).detach()).mean() - d(torch.ones(3, 2)).mean()).backward()\n"
    "    od.step()\n"
    "    og.zero_grad()\n"
    "    (-d(g(torch.ones(3, 2))).mean()).backward()\n"
    "    torch.save(g.state_dict(), 'models/g.pt')\n"
    "    torch.save(d, open('models/d.pt', 'wb'))\n"
    "    g.load_state_dict(torch.load('models/g.pt'))\n"
    "    print(sorted(os.listdir('models')), os.path.getsize('models/g.pt') > 0)\n"
    "    og.step()\n"
)


@pytest.mark.parametrize("keep", [False, True])
def test_inspect_writes_its_own_files_alone(keep: bool, tmp_path: Path) -> None:
    folder = filled(tmp_path / "under")
    (folder / "train.py").write_text(GAN)
    (folder / "helper.py").write_text("")
    options = ["-o", "report.txt", "--save-run", "run.json", *(["--keep-writes"] * keep)]
    done = ran(folder, "-m", "gradcheck_gan", "inspect", *options, "train.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "['d.pt', 'g.pt'] True\n" * 2
    made = {path.name for path in folder.iterdir()} - {"data.txt", "keep", "train.py", "helper.py"}
    report = (folder / "report.txt").read_text()
    if keep:
        assert made == {"report.txt", "run.json", "models", "__pycache__"}
        assert "Kept from the disk" not in report
    else:
        assert made == {"report.txt", "run.json"}
        assert "2 files that it wrote (models/g.pt, models/d.pt)" in " ".join(report.split())


def test_graph_writes_its_picture_alone(tmp_path: Path) -> None:
    folder = filled(tmp_path / "under")
    (folder / "train.py").write_text(GAN.replace("import helper\n", ""))
    done = ran(folder, "-m", "gradcheck_gan", "graph", "-o", "flow.dot", "train.py")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in folder.iterdir()} == {"data.txt", "keep", "train.py", "flow.dot"}


def test_nothing_is_left_of_a_script_that_ends_the_process(tmp_path: Path) -> None:
    folder = filled(tmp_path / "under")
    (folder / "train.py").write_text("import os\nopen('x', 'w').close()\nos._exit(3)\n")
    done = ran(folder, "-m", "gradcheck_gan", "inspect", "train.py")
    assert done.returncode == 2
    assert not (folder / "x").exists()
