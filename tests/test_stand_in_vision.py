"""Our torchvision gives data, transforms and networks of the shapes that the real one has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from faking import faked, states

# Facts of torchvision 0.28: the images' shape as tensors, how many classes, the largest label.
DATA = {
    "MNIST": ((1, 28, 28), 10),
    "FashionMNIST": ((1, 28, 28), 10),
    "KMNIST": ((1, 28, 28), 10),
    "CIFAR10": ((3, 32, 32), 10),
    "CIFAR100": ((3, 32, 32), 100),
    "SVHN": ((3, 32, 32), 10),
    "STL10": ((3, 96, 96), 10),
    "USPS": ((1, 16, 16), 10),
    "SEMEION": ((1, 16, 16), 10),
    "Omniglot": ((1, 105, 105), 964),
    "FER2013": ((1, 48, 48), 7),
    "EuroSAT": ((3, 64, 64), 10),
    "PCAM": ((3, 96, 96), 2),
    "LFWPeople": ((3, 250, 250), 5749),
}

# Facts of torchvision 0.28: numbers, entries of the state, the middle one's name and shape.
NETWORKS: dict[str, tuple[int, int, str, tuple[int, ...]]] = {
    "vgg11": (132863336, 22, "features.13.bias", (512,)),
    "vgg11_bn": (132868840, 62, "features.16.bias", (512,)),
    "vgg13": (133047848, 26, "features.15.bias", (512,)),
    "vgg13_bn": (133053736, 76, "features.18.bias", (256,)),
    "vgg16": (138357544, 32, "features.19.weight", (512, 512, 3, 3)),
    "vgg16_bn": (138365992, 97, "features.21.num_batches_tracked", ()),
    "vgg19": (143667240, 38, "features.21.bias", (512,)),
    "vgg19_bn": (143678248, 118, "features.28.bias", (512,)),
    "resnet18": (11689512, 122, "layer3.0.bn1.weight", (256,)),
    "resnet34": (21797672, 218, "layer3.0.downsample.1.weight", (256,)),
    "resnet50": (25557032, 320, "layer3.0.bn3.running_var", (1024,)),
    "resnet101": (44549160, 626, "layer3.9.bn1.weight", (256,)),
    "resnet152": (60192808, 932, "layer3.13.bn2.running_var", (256,)),
    "resnext50_32x4d": (25028904, 320, "layer3.0.bn3.running_var", (1024,)),
    "wide_resnet50_2": (68883240, 320, "layer3.0.bn3.running_var", (1024,)),
    "inception_v3": (27161264, 580, "Mixed_6c.branch7x7dbl_5.bn.bias", (192,)),
    "alexnet": (61100840, 16, "features.10.weight", (256, 256, 3, 3)),
    "squeezenet1_0": (1248424, 52, "features.8.squeeze.weight", (48, 256, 1, 1)),
    "squeezenet1_1": (1235496, 52, "features.9.squeeze.weight", (48, 256, 1, 1)),
    "densenet121": (7978856, 727, "features.denseblock3.denselayer11.norm2.running_var", (128,)),
    "densenet161": (28681000, 967, "features.denseblock3.denselayer21.norm2.running_var", (192,)),
    "densenet169": (14149480, 1015, "features.denseblock3.denselayer23.norm2.running_var", (128,)),
    "densenet201": (20013928, 1207, "features.denseblock3.denselayer31.norm2.running_var", (128,)),
    "mobilenet_v2": (3504872, 314, "features.9.conv.3.weight", (64,)),
}


@pytest.fixture
def vision(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The package under its own name, so that an installed torchvision does not matter."""
    with faked(monkeypatch):
        from gradcheck_gan.stand_ins import vision

        yield vision


@pytest.mark.parametrize("name", DATA)
def test_data_set_has_images_and_labels_of_its_kind(vision: Any, name: str) -> None:
    shape, classes = DATA[name]
    images = getattr(vision.datasets, name)("data", transform=vision.transforms.ToTensor())
    image, _ = images[3]
    assert image.shape == shape
    assert image.dtype == torch.float32
    assert 0 <= image.min() < 0.1
    assert 0.9 < image.max() <= 1
    assert not torch.equal(image, images[4][0])
    labels = {images[number][1] for number in range(0, len(images), 11)}
    assert labels <= set(range(classes))
    assert len(labels) > 1


def test_arguments_stand_where_torchvision_has_them(vision: Any) -> None:
    d = vision.datasets

    def up(image: Any) -> str:
        return "image"

    def down(label: Any) -> str:
        return "label"

    assert d.MNIST("r", False, up, down, True)[0] == ("image", "label")
    assert d.CIFAR10("r", True, up, down, True)[0] == ("image", "label")
    assert d.SVHN("r", "extra", up, down, True)[0] == ("image", "label")
    assert d.STL10("r", "train", None, up, down)[0] == ("image", "label")
    assert d.LSUN("r", ["bedroom_train"], up, down)[0] == ("image", "label")
    assert d.CelebA("r", "all", "attr", up, down)[0] == ("image", "label")
    assert d.EMNIST("r", "letters", transform=up, target_transform=down)[0] == ("image", "label")
    assert d.CocoCaptions("r", "a.json", up, down)[0] == ("image", "label")
    assert d.FakeData(50, (3, 8, 8), 4, up, down)[49] == ("image", "label")
    with pytest.raises(IndexError):
        d.FakeData(50)[50]


def test_held_data_is_as_torchvision_holds_it(vision: Any) -> None:
    digits, letters = vision.datasets.MNIST("r"), vision.datasets.EMNIST("r", "letters")
    assert (digits.data.shape[1:], digits.data.dtype) == ((28, 28), torch.uint8)
    assert digits.targets.dtype == torch.int64
    assert len(digits.classes) == 10
    assert (int(letters.targets.min()), int(letters.targets.max())) == (1, 26)
    assert not torch.equal(digits.data, vision.datasets.MNIST("r", train=False).data)
    small = vision.datasets.CIFAR10("r")
    assert (small.data.shape[1:], type(small.data).__name__) == ((32, 32, 3), "ndarray")
    assert isinstance(small.targets, list)
    street = vision.datasets.SVHN("r")
    assert (street.data.shape[1:], street.labels.dtype.name) == ((3, 32, 32), "int64")
    assert set(vision.datasets.STL10("r", "unlabeled").labels.tolist()) == {-1}


def test_faces_have_forty_attributes(vision: Any) -> None:
    faces = vision.datasets.CelebA("r", transform=vision.transforms.ToTensor())
    image, attributes = faces[0]
    assert image.shape == (3, 218, 178)
    assert (attributes.shape, attributes.dtype) == ((40,), torch.int64)
    assert set(attributes.tolist()) == {0, 1}
    assert faces.attr_names[20] == "Male"
    box, identity = vision.datasets.CelebA("r", target_type=["bbox", "identity"])[0][1]
    assert box.shape == (4,)
    assert int(identity) >= 1


def test_captions_are_five(vision: Any) -> None:
    image, captions = vision.datasets.CocoCaptions("r", "captions.json")[0]
    assert image.size == (640, 480)
    assert len(captions) == 5
    assert all(isinstance(one, str) for one in captions)


def test_absent_folder_has_two_classes_and_present_one_is_read(vision: Any, tmp_path: Path) -> None:
    absent = vision.datasets.ImageFolder(str(tmp_path / "none"), vision.transforms.ToTensor())
    assert absent.classes == ["class_0", "class_1"]
    assert {label for _, label in absent.samples} == {0, 1}
    assert absent[0][0].shape == (3, 320, 384)
    from PIL import Image

    for name, color in (("b", 10), ("a", 20), ("c", 30)):
        (tmp_path / name).mkdir()
        Image.new("RGB", (8, 6), (color, color, color)).save(str(tmp_path / name / "1.png"))
    present = vision.datasets.ImageFolder(str(tmp_path), vision.transforms.ToTensor())
    assert present.classes == ["a", "b", "c"]
    assert [(int(image.max() * 255 + 0.5), label) for image, label in present] == [
        (20, 0),
        (10, 1),
        (30, 2),
    ]


def test_subclass_of_a_data_set_works(vision: Any) -> None:
    class Pairs(vision.datasets.MNIST):  # type: ignore[misc]
        def __getitem__(self, index: int) -> Any:
            image, label = super().__getitem__(index)
            return image, image, label

    loader: Any = torch.utils.data.DataLoader(
        Pairs("r", transform=vision.transforms.ToTensor()), batch_size=5, shuffle=True
    )
    left, right, labels = next(iter(loader))
    assert torch.equal(left, right)
    assert labels.shape == (5,)


def test_transforms_give_the_sizes_and_ranges_that_are_asked_for(vision: Any) -> None:
    t = vision.transforms
    steps = [t.Resize(40), t.RandomCrop(24), t.ToTensor(), t.Normalize([0.5] * 3, [0.5] * 3)]
    image, _ = vision.datasets.LSUN("r", transform=t.Compose(steps))[0]
    assert image.shape == (3, 24, 24)
    assert -1 <= image.min() < 0 < image.max() <= 1
    wide = torch.rand(3, 20, 40)
    assert t.Resize(10)(wide).shape == (3, 10, 20)
    assert t.Resize((5, 6))(wide).shape == (3, 5, 6)
    assert t.CenterCrop(16)(wide).shape == (3, 16, 16)
    assert torch.equal(t.CenterCrop(4)(wide), wide[:, 8:12, 18:22])
    assert t.CenterCrop(30)(wide).shape == (3, 30, 30)
    assert torch.equal(t.RandomHorizontalFlip(1.0)(wide), wide.flip(-1))
    assert torch.equal(t.RandomVerticalFlip(1.0)(wide), wide.flip(-2))
    assert t.RandomResizedCrop(16)(wide).shape == (3, 16, 16)
    assert t.RandomCrop(20, padding=2)(wide).shape == (3, 20, 20)
    assert t.Grayscale(3)(wide).shape == wide.shape
    assert t.Pad(1)(wide).shape == (3, 22, 42)
    assert len(t.TenCrop(8)(wide)) == 10
    assert t.RandomAffine(10, (0.1, 0.1), (0.8, 1.2), 5)(wide).shape == wide.shape
    assert t.ColorJitter(0.1, 0.1, 0.1, 0.1)(wide).shape == wide.shape
    assert t.GaussianBlur(3)(wide).shape == wide.shape


def test_grey_images_and_colour_means_disagree_as_they_do_in_torchvision(vision: Any) -> None:
    normalize = vision.transforms.Normalize([0.5] * 3, [0.5] * 3)
    with pytest.raises(RuntimeError, match="shape"):
        normalize(torch.rand(1, 4, 4))


def test_tensor_of_an_image_and_back(vision: Any) -> None:
    f = vision.transforms.functional
    whole = torch.randint(0, 256, (3, 5, 7), dtype=torch.uint8)
    image = f.to_pil_image(whole)
    assert image.size == (7, 5)
    assert torch.equal(f.pil_to_tensor(image), whole)
    assert torch.equal(f.to_tensor(image), whole.float() / 255)
    assert torch.equal(f.to_tensor(whole.permute(1, 2, 0).numpy()), whole.float() / 255)
    with pytest.raises(TypeError):
        f.to_tensor("image")


def test_second_version_changes_images_alike_and_leaves_the_rest(vision: Any) -> None:
    v2 = vision.transforms.v2
    image = torch.rand(3, 20, 20)
    steps = [v2.RandomCrop(8), v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5], [0.5])]
    left, right, label = v2.Compose(steps)(image, image.clone(), 7)
    assert torch.equal(left, right)
    assert left.shape == (3, 8, 8)
    assert label == 7
    bytes_ = torch.full((3, 2, 2), 255, dtype=torch.uint8)
    assert torch.equal(v2.ToDtype(torch.float32, scale=True)(bytes_), torch.ones(3, 2, 2))


def test_grid_has_a_border_around_each_image(vision: Any, tmp_path: Path) -> None:
    images = torch.rand(11, 1, 8, 9)
    grid = vision.utils.make_grid(images, nrow=4, normalize=True)
    assert grid.shape == (3, 3 * 10 + 2, 4 * 11 + 2)
    assert (float(grid[:, 2:10, 2:11].min()) >= 0, float(grid.max())) == (True, 1.0)
    assert float(grid[:, :2].abs().sum()) == 0
    vision.utils.save_image(images.requires_grad_(), str(tmp_path / "a.png"), nrow=4)
    assert vision.io.read_image(str(tmp_path / "a.png")).shape == (3, 32, 46)


@pytest.mark.parametrize("name", NETWORKS)
def test_network_has_the_layers_of_torchvision(vision: Any, name: str) -> None:
    numbers, entries, middle, shape = NETWORKS[name]
    with torch.device("meta"):
        net = getattr(vision.models, name)()
    state = net.state_dict()
    assert sum(parameter.numel() for parameter in net.parameters()) == numbers
    assert len(state) == entries
    assert list(state)[entries // 2] == middle
    assert tuple(state[middle].shape) == shape


def test_slices_of_features_are_those_that_scripts_take(vision: Any) -> None:
    with torch.device("meta"):
        features = vision.models.vgg19().features
        image = torch.zeros(1, 3, 64, 64)
        assert features[:18](image).shape == (1, 256, 16, 16)
        assert features[:35](image).shape == (1, 512, 4, 4)
        assert isinstance(features[35], torch.nn.ReLU)
        body = torch.nn.Sequential(*list(vision.models.resnet50().children())[:-1])
        assert body(image).shape == (1, 2048, 1, 1)


def test_features_are_read_by_the_names_of_layers(vision: Any) -> None:
    net = vision.models.resnet18()
    names = {"layer1.0.relu": "early", "avgpool": "late"}
    extract = vision.models.feature_extraction.create_feature_extractor(net, names)
    found = extract.eval()(torch.rand(1, 3, 32, 32))
    assert {name: tuple(value.shape) for name, value in found.items()} == {
        "early": (1, 64, 8, 8),
        "late": (1, 512, 1, 1),
    }
    assert len(list(extract.parameters())) == len(list(net.parameters()))


@pytest.mark.parametrize("asked", [{"pretrained": True}, {"weights": "DEFAULT"}])
def test_pretrained_weights_are_the_same_random_ones(vision: Any, asked: Any) -> None:
    first = vision.models.squeezenet1_1(**asked)
    before = states()
    second = vision.models.squeezenet1_1(weights=vision.models.SqueezeNet1_1_Weights.IMAGENET1K_V1)
    assert states() == before
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)
    features = first.features.eval()(torch.rand(1, 3, 64, 64))
    assert 0.01 < float(features.detach().std()) < 100


def test_network_without_weights_follows_the_seed_of_the_script(vision: Any) -> None:
    torch.manual_seed(3)
    first = next(vision.models.resnet18().parameters())
    torch.manual_seed(3)
    assert torch.equal(first, next(vision.models.resnet18().parameters()))
    assert not torch.equal(first, next(vision.models.resnet18().parameters()))


def test_data_draws_from_no_generator_of_the_script(vision: Any) -> None:
    import numpy as np

    np.random.rand()  # what is watched is the global generator
    before = states()
    for name, kind in vision.datasets.KINDS.items():
        if name in DATA:
            kind("r")[0]
    vision.datasets.CelebA("r")[0]
    vision.datasets.ImageFolder("none")[0]
    assert states() == before
