"""The stand-in for torchvision gives images and networks of the sizes that scripts expect."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from benchmarks.real import data
from benchmarks.real.running import HERE

pytest.importorskip("numpy")
pytest.importorskip("PIL")


@pytest.fixture
def torchvision(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The stand-in, forgotten afterwards, so that a real one can be imported again."""
    monkeypatch.syspath_prepend(str(HERE / "stand_ins"))
    before = forget()
    import torchvision

    yield torchvision
    forget()
    sys.modules.update(before)


def forget() -> dict[str, ModuleType]:
    ours = [name for name in sys.modules if name.partition(".")[0] == "torchvision"]
    return {name: sys.modules.pop(name) for name in ours}


@pytest.mark.parametrize(
    ("name", "shape"),
    [("MNIST", (1, 28, 28)), ("CIFAR10", (3, 32, 32)), ("LSUN", (3, 64, 64))],
)
def test_data_set_has_images_of_its_size(
    torchvision: Any, name: str, shape: tuple[int, ...]
) -> None:
    images = getattr(torchvision.datasets, name)(transform=torchvision.transforms.ToTensor())
    image, label = images[0]
    assert image.shape == shape
    assert 0 <= image.min() < image.max() <= 1
    assert not torch.equal(image, images[1][0])
    assert label in range(10)
    assert len(list(images)) == len(images)


def test_transforms_change_size_and_range(torchvision: Any) -> None:
    t = torchvision.transforms
    steps = [t.Resize(40), t.RandomCrop(24), t.ToTensor(), t.Normalize([0.5] * 3, [0.5] * 3)]
    image, _ = torchvision.datasets.LSUN(transform=t.Compose(steps))[0]
    assert image.shape == (3, 24, 24)
    assert -1 <= image.min() < 0 < image.max() <= 1
    assert t.CenterCrop(16)(image).shape == (3, 16, 16)
    assert torch.equal(t.RandomHorizontalFlip(1.0)(image), image.flip(-1))
    wide = torch.zeros(3, 20, 40)
    assert t.Resize(10)(wide).shape == (3, 10, 20)
    assert t.Resize((5, 6))(wide).shape == (3, 5, 6)


def test_folder_of_images_has_a_kind_for_each_folder(torchvision: Any, tmp_path: Path) -> None:
    for name in ("b", "a"):
        data.images(tmp_path / name, 2, 8, 6)
    images = torchvision.datasets.ImageFolder(str(tmp_path))
    assert images.classes == ["a", "b"]
    assert {label for _, label in images} == {0, 1}
    assert len(list((tmp_path / "a").iterdir())) == 2


def test_networks_have_the_layers_that_scripts_slice(torchvision: Any) -> None:
    vgg = torchvision.models.vgg19(pretrained=True).features
    image = torch.zeros(1, 3, 32, 32)
    assert vgg[:18](image).shape == (1, 256, 8, 8)
    assert isinstance(vgg[35], torch.nn.ReLU)
    assert isinstance(vgg[36], torch.nn.MaxPool2d)
    assert torchvision.models.resnet18().eval()(image).shape == (1, 1000)


def test_attributes_are_a_line_an_image(tmp_path: Path) -> None:
    data.attributes(tmp_path / "list.txt", 3)
    count, names, *rows = (tmp_path / "list.txt").read_text().splitlines()
    assert count == "3"
    assert [len(row.split()) for row in rows] == [1 + len(names.split())] * 3
    assert {sign for row in rows for sign in row.split()[1:]} == {"-1", "1"}
