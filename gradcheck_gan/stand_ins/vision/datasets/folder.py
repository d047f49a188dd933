"""Folders with a folder for each class: those that are there are read, the others are made up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gradcheck_gan.stand_ins import pictures
from gradcheck_gan.stand_ins.telling import tell

from .vision import LENGTH, Change, VisionDataset

IMG_EXTENSIONS = (
    ".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp",
)  # fmt: skip
_CLASSES = ("class_0", "class_1")


def has_file_allowed_extension(filename: str, extensions: Any) -> bool:
    known = (extensions,) if isinstance(extensions, str) else tuple(extensions)
    return filename.lower().endswith(known)


def is_image_file(filename: str) -> bool:
    return has_file_allowed_extension(filename, IMG_EXTENSIONS)


def find_classes(directory: Any) -> tuple[list[str], dict[str, int]]:
    names = list(_CLASSES)
    if os.path.isdir(directory):
        names = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())
    if not names:
        raise FileNotFoundError(f"Couldn't find any class folder in {directory}.")
    return names, {name: number for number, name in enumerate(names)}


def make_dataset(
    directory: Any,
    class_to_idx: dict[str, int] | None = None,
    extensions: Any = None,
    is_valid_file: Callable[[str], bool] | None = None,
    allow_empty: bool = False,
) -> list[tuple[str, int]]:
    """Files and the numbers of their classes."""
    numbers = find_classes(directory)[1] if class_to_idx is None else class_to_idx
    fits = is_valid_file or (lambda file: has_file_allowed_extension(file, extensions))
    if not os.path.isdir(directory):
        return list(_made_up(os.fspath(directory), numbers, extensions or IMG_EXTENSIONS))
    return [
        (file, number)
        for name, number in sorted(numbers.items())
        for file in _files(os.path.join(directory, name))
        if fits(file)
    ]


def _made_up(root: str, numbers: dict[str, int], extensions: Any) -> Iterator[tuple[str, int]]:
    ending = extensions if isinstance(extensions, str) else extensions[0]
    for count in range(LENGTH):
        name, number = list(numbers.items())[count * len(numbers) // LENGTH]
        yield os.path.join(root, name, f"{count + 1:06}{ending}"), number


def _files(folder: str) -> Iterator[str]:
    for here, _, names in sorted(os.walk(folder, followlinks=True)):
        yield from (os.path.join(here, name) for name in sorted(names))


def pil_loader(path: Any) -> Any:
    from PIL import Image

    if not os.path.exists(path):
        number = int("".join(sign for sign in os.path.basename(path) if sign.isdigit()) or 0)
        size = (pictures.WIDTH, pictures.HEIGHT)
        return Image.frombytes("RGB", size, pictures.pixels(number))
    with open(path, "rb") as file:
        return Image.open(file).convert("RGB")


default_loader = accimage_loader = pil_loader


class DatasetFolder(VisionDataset):
    def __init__(
        self,
        root: Any,
        loader: Callable[[str], Any],
        extensions: Any = None,
        transform: Change | None = None,
        target_transform: Change | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.loader, self.extensions = loader, extensions
        self.classes, self.class_to_idx = self.find_classes(root)
        self.samples = self.make_dataset(
            root, self.class_to_idx, extensions, is_valid_file, allow_empty
        )
        self.targets = [number for _, number in self.samples]

    def _tell(self) -> None:
        if not os.path.isdir(self.root or ""):
            tell("Not there, and made up of random images: {}.", f"the folder {self.root}")

    @staticmethod
    def make_dataset(
        directory: Any,
        class_to_idx: dict[str, int],
        extensions: Any = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> list[tuple[str, int]]:
        return make_dataset(directory, class_to_idx, extensions, is_valid_file, allow_empty)

    def find_classes(self, directory: Any) -> tuple[list[str], dict[str, int]]:
        return find_classes(directory)

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        path, target = self.samples[index]
        return self._changed(self.loader(path), target)


class ImageFolder(DatasetFolder):
    def __init__(
        self,
        root: Any,
        transform: Change | None = None,
        target_transform: Change | None = None,
        loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        extensions: Sequence[str] | None = IMG_EXTENSIONS if is_valid_file is None else None
        super().__init__(
            root, loader, extensions, transform, target_transform, is_valid_file, allow_empty
        )
        self.imgs = self.samples


class ImageNet(ImageFolder):
    """A thousand classes, ordered by their identifiers."""

    def __init__(self, root: Any, split: str = "train", **options: Any) -> None:
        self.split = split
        super().__init__(os.path.join(root, split), **options)
        self.root, self.wnids = root, self.classes
        if len(self.wnids) < 1000:
            self.targets = [number % 1000 for number in range(len(self.samples))]
            pairs = zip(self.samples, self.targets, strict=True)
            self.samples = self.imgs = [(path, number) for (path, _), number in pairs]
        self.classes = [(f"class {number}",) for number in range(1000)]  # type: ignore[misc]
