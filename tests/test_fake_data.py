"""`inspect --fake-data` and `--setup` as a user runs them, on a machine that lacks everything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parent.parent
BARE = "PIL datasets matplotlib tensorboard tensorboardX torchaudio torchvision visdom".split()
# What a test machine may have installed is hidden from the script, as on a bare one.
HIDING = """
import sys
from importlib.machinery import PathFinder

class Hiding(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        hidden = name in {bare} and path is None
        return None if hidden else super().find_spec(name, path, target)

sys.meta_path[:] = [Hiding if finder is PathFinder else finder for finder in sys.meta_path]
"""
TRAINING = """
real = next(iter(batches))
net_g, net_d = torch.nn.Linear(4, real.flatten(1).shape[1]), torch.nn.LazyLinear(1)
net_d(real.flatten(1))
opt_g = torch.optim.SGD(net_g.parameters(), 0.1)
opt_d = torch.optim.SGD(net_d.parameters(), 0.1)
for real in batches:
    fake = net_g(torch.randn(len(real), 4))
    opt_d.zero_grad()
    (net_d(fake.detach()).mean() - net_d(real.flatten(1)).mean()).backward()
    opt_d.step()
    opt_g.zero_grad()
    (-net_d(fake).mean()).backward()
    opt_g.step()
"""


def inspect(
    folder: Path, script: str, *options: str, training: bool = False
) -> subprocess.CompletedProcess[str]:
    source = textwrap.dedent(script) + (TRAINING if training else "")
    (folder / "train.py").write_text(source, encoding="utf-8")
    hiding = folder / "hiding"
    hiding.mkdir(exist_ok=True)
    (hiding / "sitecustomize.py").write_text(HIDING.format(bare=BARE), encoding="utf-8")
    path = os.pathsep.join((str(hiding), str(ROOT)))
    return subprocess.run(
        [sys.executable, "-m", "gradcheck_gan", "inspect", *options, "train.py"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        timeout=240,
        check=False,
    )


def notes(run: subprocess.CompletedProcess[str]) -> str:
    return " ".join(run.stderr.split())


DIGITS = """
import torch
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

steps = transforms.Compose([transforms.Resize(8), transforms.ToTensor()])
loader = DataLoader(datasets.MNIST("data", download=True, transform=steps), batch_size=16)
batches = [images for images, _ in loader][:5]
"""


def test_absent_package_is_named_with_what_helps(tmp_path: Path) -> None:
    run = inspect(tmp_path, DIGITS, training=True)
    assert "ModuleNotFoundError: No module named 'torchvision'" in run.stderr
    assert "note: torchvision is not installed; --fake-data stands in for it." in notes(run)


def test_script_that_wants_everything_trains(tmp_path: Path) -> None:
    wants = """
    import matplotlib.pyplot as plt
    import visdom
    from torch.utils.tensorboard import SummaryWriter

    board, window = SummaryWriter("runs"), visdom.Visdom()
    board.add_scalar("loss", 1.0, 0)
    window.line([1.0])
    plt.figure()
    plt.savefig("loss.png")
    """
    run = inspect(tmp_path, textwrap.dedent(wants) + DIGITS, "--fake-data", training=True)
    assert "was stopped after 2 rounds" in run.stderr
    told = notes(run)
    assert "Not installed, and stood in for by small modules of our own: torchvision and PIL." in (
        told
    )
    assert (
        "Not installed, and left out since they draw, log or convert: matplotlib, visdom and "
        "tensorboard." in told
    )
    assert "Made up, small and random: MNIST." in told
    assert run.returncode == 0
    assert sorted(os.listdir(tmp_path)) == ["hiding", "train.py"]


FOLDERS = """
import glob, os, pathlib, shutil
import torch
from PIL import Image
from torchvision.datasets import ImageFolder

print(ImageFolder("data/classes").classes, ImageFolder("data/classes")[799][0].size)
assert os.path.isdir("wanted"), "no such folder"
if not os.path.exists("other"):
    raise RuntimeError("no data")
assert not os.path.exists("results")
shutil.rmtree("earlier", ignore_errors=True)
listed = sorted(os.listdir("data/listed"))
found = sorted(glob.glob("data/found/*.jpg"))
deep = sorted(glob.glob("data/deep/*/*.png"))
paths = sorted(pathlib.Path("data/paths").glob("*.jpg"))
walked = [name for _, _, names in os.walk("data/walked") for name in names]
faces = open("celeba/list_attr_celeba.txt").read().splitlines()
print(len(listed), len(found), len(deep), len(paths), len(walked), len(faces[1].split()))
print(len({os.path.dirname(name) for name in deep}), sorted({name[-3:] for name in listed}))
print(Image.open("one/image.png").convert("RGB").size, Image.open(found[0]).size)
print(glob.glob("checkpoints/*"), os.path.exists("nothing"))
try:
    open("table.csv")
except FileNotFoundError:
    print("as it was")
images = [torch.frombuffer(bytearray(Image.open(f).tobytes()), dtype=torch.uint8) for f in paths]
rows = torch.stack([image[:64].float() / 255 for image in images[:12]])
batches = rows.split(4)
"""


def test_folders_that_are_not_there_hold_images(tmp_path: Path) -> None:
    run = inspect(tmp_path, FOLDERS, "--fake-data", training=True)
    assert run.stdout.splitlines() == [
        "['class_0', 'class_1'] (384, 320)",
        "400 400 800 400 400 40",
        "2 ['jpg', 'png']",
        "(384, 320) (384, 320)",
        "[] False",
        "as it was",
    ]
    assert "was stopped after 2 rounds" in run.stderr
    told = notes(run)
    assert (
        "Not there, and made up of random images: the folder data/classes, the folder wanted"
        in (told)
    )
    assert "earlier" not in told
    assert "Not there, and made up: celeba/list_attr_celeba.txt." in told
    assert sorted(os.listdir(tmp_path)) == ["hiding", "train.py"]


def test_folder_that_is_there_is_read(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.jpg").write_bytes(b"")
    script = """
    import glob, os
    print(os.listdir("data"), glob.glob("data/*"), glob.glob("data/*.png"))
    """
    run = inspect(tmp_path, script, "--fake-data")
    assert run.stdout == "['a.jpg'] ['data/a.jpg'] []\n"


def example_of_the_page() -> str:
    page = (ROOT / "docs" / "real-scripts.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return str(found)


def test_setup_of_the_page_runs_first_in_a_namespace_of_its_own(tmp_path: Path) -> None:
    beside = tmp_path / "stubs"
    beside.mkdir()
    stub = f"import neighbour\n{example_of_the_page()}\nhidden = neighbour.NUMBER\n"
    (beside / "stub.py").write_text(stub, encoding="utf-8")
    (beside / "neighbour.py").write_text("NUMBER = 7\n", encoding="utf-8")
    script = """
    import sys, torch
    print("hidden" in globals(), any(path.endswith("stubs") for path in sys.path))
    images, labels = torch.load("data/mnistm/processed/mnist_m_train.pt")
    batches = images[:32].float().split(8)
    """
    run = inspect(tmp_path, script, "--setup", "stubs/stub.py", training=True)
    assert run.stdout == "False False\n"
    assert "was stopped after 2 rounds" in run.stderr
    assert sorted(os.listdir(tmp_path)) == ["hiding", "stubs", "train.py"]


def test_setup_that_fails_is_told_and_nothing_runs(tmp_path: Path) -> None:
    (tmp_path / "stub.py").write_text("x = 1\nraise KeyError('gone')\n", encoding="utf-8")
    run = inspect(tmp_path, "print('ran')", "--setup", "stub.py")
    assert (run.stdout, run.returncode) == ("", 2)
    assert "--setup stub.py ended by KeyError: 'gone'; the script was not started." in notes(run)
    assert 'stub.py", line 2, in <module>' in run.stderr
    assert "gradcheck_gan" not in run.stderr.partition("Error: --setup")[0]
