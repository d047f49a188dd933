"""Images with sentences, boxes or masks as their targets."""

from __future__ import annotations

from typing import Any

from .photos import Photos

_CHANGES = ("transform", "target_transform", "transforms")
_WORDS = "a the red small old quiet dog cat man house tree river stands near under behind".split()


def _sentence(number: int) -> str:
    chosen = (_WORDS[(number * 7 + place * 5) % len(_WORDS)] for place in range(8))
    return f"{' '.join(chosen)}.".capitalize()


class CocoDetection(Photos):
    _width, _height = 640, 480
    _takes: tuple[str, ...] = ("root", "annFile", *_CHANGES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ids = list(range(1, len(self) + 1))

    def _target(self, index: int) -> Any:
        box = [10.0 + index % 50, 20.0, 200.0, 150.0]
        number = self.ids[index]
        return [
            {
                "id": number,
                "image_id": number,
                "category_id": 1 + index % 90,
                "bbox": box,
                "area": box[2] * box[3],
                "iscrowd": 0,
                "segmentation": [[box[0], 20.0, 210.0, 20.0, 210.0, 170.0]],
            }
        ]


class CocoCaptions(CocoDetection):
    def _target(self, index: int) -> Any:
        return [_sentence(5 * index + number) for number in range(5)]


class Flickr8k(CocoCaptions):
    _width, _height = 500, 375
    _takes: tuple[str, ...] = ("root", "ann_file", *_CHANGES[:2])


class Flickr30k(Flickr8k):
    pass


class VOCSegmentation(Photos):
    _width, _height = 500, 375
    _takes: tuple[str, ...] = ("root", "year", "image_set", "download", *_CHANGES)

    def _target(self, index: int) -> Any:
        return _mask(self._width, self._height, index, 21)


class VOCDetection(VOCSegmentation):
    def _target(self, index: int) -> Any:
        box = {"xmin": "10", "ymin": "20", "xmax": "210", "ymax": "170"}
        name = f"class {index % 20}"
        return {"annotation": {"object": [{"name": name, "bndbox": box}]}}


class SBDataset(VOCSegmentation):
    _takes: tuple[str, ...] = ("root", "image_set", "mode", "download", "transforms")


class Cityscapes(Photos):
    """A street, and a mask of its parts for each target type; half of the real size."""

    _width, _height = 1024, 512
    _takes: tuple[str, ...] = ("root", "split", "mode", "target_type", *_CHANGES)

    def _target(self, index: int) -> Any:
        asked = getattr(self, "target_type", "instance")
        masks = [_mask(self._width, self._height, index, 34) for _ in range(len(asked))]
        return masks[0] if isinstance(asked, str) or len(masks) == 1 else tuple(masks)


def _mask(width: int, height: int, index: int, kinds: int) -> Any:
    from PIL import Image

    rows = [bytes([(index + row * kinds // height) % kinds]) * width for row in range(height)]
    return Image.frombytes("L", (width, height), b"".join(rows))
