"""The parts of --fake-data, each by itself: packages, hints, connections, pictures, words."""

from __future__ import annotations

import importlib
import importlib.machinery
import os
import socket
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from faking import faked, states

from gradcheck_gan.stand_ins import hints, lists, pictures, quiet, setup, telling
from gradcheck_gan.stand_ins.faking import FakeData
from gradcheck_gan.stand_ins.offline import OfflineError


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeData]:
    with faked(monkeypatch) as entered:
        yield entered


_KNOWN = "--fake-data stands in for images and for the data sets of packages"
_MADE = "make it in a file of your own and give that as --setup FILE."


@pytest.mark.parametrize(
    ("exception", "without", "with_it"),
    [
        (
            "ModuleNotFoundError: No module named 'torchvision'",
            "torchvision is not installed; --fake-data stands in for it.",
            f"torchvision is not installed and nothing stands in for it; install it, or {_MADE}",
        ),
        (
            "ModuleNotFoundError: No module named 'albumentations'",
            None,
            f"albumentations is not installed and nothing stands in for it; install it, or {_MADE}",
        ),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: 'data/pairs.npy'",
            f"data/pairs.npy is not there; if it is data, {_KNOWN}; any other, {_MADE}",
            f"data/pairs.npy is not there, and --fake-data makes up images alone; {_MADE}",
        ),
        (
            "RuntimeError: Dataset not found. You can use download=True to download it",
            "The data set is not there; --fake-data stands in for it with random images.",
            None,
        ),
        ("ValueError: shapes differ", None, None),
        (None, None, None),
    ],
)
def test_hint_after_an_exception(
    exception: str | None, without: str | None, with_it: str | None
) -> None:
    assert hints.after(exception, faked=False) == ((without,) if without else ())
    assert hints.after(exception, faked=True) == ((with_it,) if with_it else ())


def test_nothing_is_fetched(fake: FakeData) -> None:
    with pytest.raises(
        OfflineError, match=r"example\.org is not fetched: with --fake-data nothing"
    ):
        socket.create_connection(("example.org", 80))
    with pytest.raises(OfflineError, match=r"192\.0\.2\.1 is not fetched"), socket.socket() as one:
        one.connect(("192.0.2.1", 80))
    with pytest.raises(OSError, match="not fetched"):
        urllib.request.urlopen("http://example.org/data.zip")
    net = torch.nn.Linear(2, 2)
    before = net.weight.clone()
    net.load_state_dict(torch.hub.load_state_dict_from_url("https://example.org/inception.pth"))
    assert torch.equal(net.weight, before)
    assert fake.notes() == [
        "Pretrained weights were asked for, and random ones stood in: inception.pth."
    ]
    with pytest.raises(RuntimeError, match="Missing key"):
        net.load_state_dict({})


def test_connection_to_this_machine_is_made() -> None:
    with socket.socket() as server, FakeData(), socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
        assert socket.getaddrinfo("localhost", 80)


def test_all_is_as_before_afterwards() -> None:
    before = [*sys.meta_path]
    held = socket.socket.connect, torch.hub.load_state_dict_from_url
    with FakeData():
        assert sys.meta_path != before
    assert sys.meta_path == before
    assert (socket.socket.connect, torch.hub.load_state_dict_from_url) == held


@pytest.fixture
def absent() -> Iterator[None]:
    """Names of packages that no machine of ours has, forgotten afterwards."""
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] in ("visdom", "seaborn")]:
        del sys.modules[name]


def imported_by_a_script(name: str) -> Any:
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(f"import {name}", "train.py", "exec"), scope)
    return sys.modules[name]


@pytest.mark.usefixtures("absent")
def test_packages_that_draw_do_nothing(fake: FakeData) -> None:
    window = imported_by_a_script("visdom").Visdom(port=1)
    window.images(torch.zeros(2), nrow=3)
    imported_by_a_script("seaborn.matrix").heatmap([1.0])
    assert os.environ["WANDB_MODE"] == "disabled"
    assert fake.notes() == [
        "Not installed, and left out since they draw, log or convert: visdom and seaborn."
    ]


def test_calls_that_give_several_things_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    spec = importlib.machinery.ModuleSpec("matplotlib.pyplot", None)
    plt: Any = quiet.module(spec)
    figure, axes = plt.subplots(2, 2)
    axes[0, 1].imshow([[1]])
    figure.savefig("a.png")
    assert len(plt.hist([1, 2])) == 3


@pytest.mark.usefixtures("absent")
def test_package_is_absent_for_installed_libraries(fake: FakeData, tmp_path: Path) -> None:
    library = tmp_path / "site-packages" / "lib.py"
    code = compile("import visdom", str(library), "exec")
    with pytest.raises(ModuleNotFoundError):
        exec(code, {"__name__": "lib"})


def test_what_would_be_trained_on_is_refused(fake: FakeData) -> None:
    misc = importlib.import_module("scipy.misc")
    misc.imsave("a.png", [[1]])
    with pytest.raises(quiet.MissingPackageError, match=r"scipy\.misc\.imread is called and not"):
        misc.imread("a.png")


def test_picture_is_a_file_that_pillow_reads(fake: FakeData) -> None:
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(pictures.picture(3)))
    assert (image.mode, image.size) == ("RGB", (pictures.WIDTH, pictures.HEIGHT))
    assert image.tobytes() == pictures.pixels(3)
    assert pictures.pixels(3) != pictures.pixels(4)


@pytest.mark.parametrize("name", ["list_attr_celeba.txt", "list_eval_partition.txt"])
def test_list_has_a_row_for_each_face(name: str) -> None:
    rows = lists.content(name).splitlines()[-lists.ROWS :]
    assert rows[0].split()[0] == "000001.jpg"
    assert len({row.split()[0] for row in rows}) == lists.ROWS
    values = {value for row in rows for value in row.split()[1:]}
    assert values == ({"-1", "1"} if "attr" in name else {"0", "1", "2"})


def test_attributes_name_their_columns() -> None:
    count, names, first, *_ = lists.content(lists.USUAL).splitlines()
    assert (count, len(names.split()), len(first.split())) == (str(lists.ROWS), 40, 41)


def test_sentence_names_few_of_many() -> None:
    telling.forget()
    for number in range(9):
        telling.tell("Made up: {}.", f"set {number}")
        telling.tell("Made up: {}.", f"set {number}")
    assert telling.told() == ["Made up: set 0, set 1, set 2, set 3, set 4, set 5 and 3 more."]
    telling.forget()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("def\n", r"--setup .*stub.py is not Python \(invalid syntax"),
        (None, r"--setup .*stub.py cannot be read \(No such file or directory\); check the path."),
        ("import sys\nsys.exit('no')", r"--setup .*stub.py ended by SystemExit: no; the script"),
    ],
)
def test_setup_that_cannot_run_is_one_sentence(
    tmp_path: Path, content: str | None, told: str
) -> None:
    if content is not None:
        (tmp_path / "stub.py").write_text(content, encoding="utf-8")
    with pytest.raises(Exception, match=told):
        setup.run(str(tmp_path / "stub.py"))
    sys.modules.pop(setup.NAME, None)


def test_hub_gives_columns_by_the_name_of_the_set(fake: FakeData) -> None:
    from gradcheck_gan.stand_ins.hub import DatasetDict, load_dataset

    before = states()
    digits = load_dataset("ylecun/mnist", split="train[:10%]")
    assert (len(digits), digits.column_names) == (40, ["image", "label"])
    assert digits[3]["image"].size == (28, 28)
    assert digits[:4]["label"] == [0, 1, 2, 3]
    assert set(load_dataset("cifar10", split="test")[0]) == {"img", "label"}
    both = load_dataset("huggan/smithsonian")
    assert isinstance(both, DatasetDict)
    assert sorted(both) == ["test", "train"]
    assert both["train"].with_format("torch")[0]["image"].shape == (3, 256, 256)
    small = digits.map(lambda row: {"half": row["label"] / 2}, remove_columns=["image"])
    assert small[3] == {"label": 3, "half": 1.5}
    shown = digits.with_transform(lambda rows: {"n": [2 * one for one in rows["label"]]})
    assert shown[3] == {"n": 6}
    assert [len(part) for part in digits.train_test_split(0.25).values()] == [30, 10]
    assert states() == before
    loader = torch.utils.data.DataLoader(digits.remove_columns("image"), batch_size=8)
    assert next(iter(loader))["label"].tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert "Made up, small and random: ylecun/mnist, cifar10 and huggan/smithsonian." in (
        fake.notes()
    )
    words = load_dataset("wikitext", split="train").shuffle(seed=1)[0]["text"]
    assert isinstance(words, str)


def test_sounds_have_their_rate_and_what_is_said(fake: FakeData, tmp_path: Path) -> None:
    torchaudio = importlib.import_module("torchaudio")

    before = states()
    sound, rate, said, *_ = torchaudio.datasets.LJSPEECH("data")[0]
    assert (sound.shape, rate) == ((1, 22050), 22050)
    assert -1 <= sound.min() < 0 < sound.max() <= 1
    assert isinstance(said, str)
    bands = torchaudio.transforms.MelSpectrogram(22050, n_fft=256, n_mels=20)(sound)
    assert bands.shape[:2] == (1, 20)
    assert torchaudio.load("none.wav")[0].shape == (1, 16000)
    torchaudio.save(str(tmp_path / "a.wav"), sound, rate)
    again, rate = torchaudio.load(str(tmp_path / "a.wav"))
    assert rate == 22050
    assert torch.allclose(again, sound, atol=1e-4)
    assert states() == before


def test_of_an_installed_package_the_data_sets_alone_are_replaced(
    fake: FakeData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "torchvision" / "datasets"
    inside.mkdir(parents=True)
    (tmp_path / "torchvision" / "__init__.py").write_text("from . import datasets, transforms\n")
    (tmp_path / "torchvision" / "transforms.py").write_text("class ToTensor: pass\n")
    (inside / "__init__.py").write_text("from .mnist import MNIST\nclass Other: pass\n")
    (inside / "mnist.py").write_text("class MNIST:\n    theirs = True\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    theirs = importlib.import_module("torchvision")
    assert theirs.datasets.MNIST is theirs.datasets.mnist.MNIST
    assert not hasattr(theirs.datasets.MNIST, "theirs")
    assert theirs.datasets.MNIST("data")[0][0].size == (28, 28)
    assert theirs.datasets.Other.__module__ == "torchvision.datasets"
    assert theirs.transforms.ToTensor.__module__ == "torchvision.transforms"
    assert type(theirs.datasets.__loader__).__name__ == "SourceFileLoader"
    assert "Made up, small and random: MNIST." in fake.notes()
    assert not any("stood in for by small modules" in note for note in fake.notes()[:1])


def test_module_of_the_script_is_not_taken_for_the_hub(
    fake: FakeData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "datasets.py").write_text("class ImageDataset: pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert importlib.import_module("datasets").ImageDataset.__module__ == "datasets"
    assert not hasattr(sys.modules["datasets"], "load_dataset")
