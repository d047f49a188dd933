"""Photographs of one size with a number as their class: one table for many data sets."""

from __future__ import annotations

from typing import Any

from .vision import LENGTH, VisionDataset, image_of, labels, pool

DIFFERENT = 16
_CHANGES = ("transform", "target_transform", "download")
_SPLIT = ("root", "split", *_CHANGES)
_WHOLE = ("root", *_CHANGES)


class Photos(VisionDataset):
    """`_takes` are the names of the arguments in their order."""

    _width, _height, _kinds, _grey = 256, 256, 10, False
    _takes: tuple[str, ...] = _SPLIT

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if len(args) > len(self._takes):
            raise TypeError(f"{type(self).__name__} takes at most {len(self._takes)} arguments")
        given = {**dict(zip(self._takes, args, strict=False)), **kwargs}
        super().__init__(
            given.get("root"),
            given.get("transforms"),
            given.get("transform"),
            given.get("target_transform"),
        )
        for name, value in given.items():
            if not hasattr(self, name):
                setattr(self, name, value)
        name = type(self).__name__
        depth = () if self._grey else (3,)
        self._pixels = pool(name, DIFFERENT, self._height, self._width, *depth)
        self._classify([f"class {number}" for number in range(self._kinds)])

    def _classify(self, names: list[Any]) -> None:
        self.classes = names
        self.class_to_idx = {name: number for number, name in enumerate(names)}
        self.targets = self.labels = labels(LENGTH, max(len(names), 1))

    def _target(self, index: int) -> Any:
        return self.targets[index]

    def __len__(self) -> int:
        return LENGTH

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        index = range(LENGTH)[index]
        return self._changed(image_of(self._pixels[index % DIFFERENT]), self._target(index))


_TABLE: dict[str, tuple[int, int, int, tuple[str, ...]]] = {
    # width, height, classes, arguments
    "CLEVRClassification": (480, 320, 8, _SPLIT),
    "Caltech101": (300, 200, 101, ("root", "target_type", *_CHANGES)),
    "Caltech256": (300, 200, 257, _WHOLE),
    "Country211": (256, 256, 211, _SPLIT),
    "DTD": (300, 300, 47, ("root", "split", "partition", *_CHANGES)),
    "EuroSAT": (64, 64, 10, _WHOLE),
    "FGVCAircraft": (400, 300, 100, ("root", "split", "annotation_level", *_CHANGES)),
    "Flowers102": (500, 400, 102, _SPLIT),
    "Food101": (400, 400, 101, _SPLIT),
    "GTSRB": (64, 64, 43, _SPLIT),
    "INaturalist": (400, 300, 100, ("root", "version", "target_type", *_CHANGES)),
    "Imagenette": (400, 320, 10, ("root", "split", "size", "download", *_CHANGES[:2])),
    "LFWPeople": (250, 250, 5749, ("root", "split", "image_set", *_CHANGES)),
    "OxfordIIITPet": (400, 320, 37, ("root", "split", "target_types", *_CHANGES)),
    "PCAM": (96, 96, 2, _SPLIT),
    "Places365": (256, 256, 365, ("root", "split", "small", "download", *_CHANGES[:2])),
    "RenderedSST2": (448, 448, 2, _SPLIT),
    "SUN397": (400, 320, 397, _WHOLE),
    "StanfordCars": (400, 300, 196, _SPLIT),
}

__all__ = sorted([*_TABLE, "FER2013", "FakeData", "LSUN", "LSUNClass", "Omniglot"])

for _name, (_wide, _high, _many, _arguments) in _TABLE.items():
    _held = {"_width": _wide, "_height": _high, "_kinds": _many, "_takes": _arguments}
    globals()[_name] = type(_name, (Photos,), {**_held, "__module__": __name__})


class FER2013(Photos):
    _width, _height, _kinds, _grey = 48, 48, 7, True


class Omniglot(Photos):
    _width, _height, _kinds, _grey = 105, 105, 964, True
    _takes: tuple[str, ...] = ("root", "background", *_CHANGES)


_ROOMS = (
    "bedroom bridge church_outdoor classroom conference_room dining_room kitchen living_room "
    "restaurant tower"
).split()


class LSUN(Photos):
    _takes = ("root", "classes", "transform", "target_transform")

    def __init__(self, root: Any = None, classes: Any = "train", *args: Any, **kwargs: Any) -> None:
        root = kwargs.pop("db_path", root)  # its name in older versions
        super().__init__(root, classes, *args, **kwargs)
        named = [f"{room}_{classes}" for room in _ROOMS] if classes in ("train", "val") else classes
        self._classify([named] if isinstance(named, str) else list(named))


class LSUNClass(Photos):
    _takes = ("root", "transform", "target_transform")
    _kinds = 1


class FakeData(Photos):
    """As many images as the script asks for, of the size that it asks for."""

    _takes = ("size", "image_size", "num_classes", *_CHANGES[:2], "random_offset")

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, ...] = (3, 224, 224),
        num_classes: int = 10,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        channels, self._height, self._width = image_size
        self._grey, self._kinds = channels == 1, num_classes
        super().__init__(size, image_size, num_classes, *args, **kwargs)
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if index >= len(self):
            raise IndexError(f"{type(self).__name__} index out of range")
        image = image_of(self._pixels[index % DIFFERENT])
        return self._changed(image, index % self._kinds)
