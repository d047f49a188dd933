"""Data sets of random images, each of the size, type and labels that its name promises."""

from __future__ import annotations

from . import (
    celeba,
    cifar,
    coco,
    fakedata,
    folder,
    imagenet,
    lsun,
    mnist,
    omniglot,
    photos,
    stl10,
    svhn,
    usps,
    utils,
    vision,
)

KINDS = {
    name: value
    for module in (celeba, cifar, coco, folder, mnist, photos, vision)
    for name, value in vars(module).items()
    if isinstance(value, type) and value.__module__ == module.__name__ and not name.startswith("_")
}

globals().update(KINDS)

__all__ = list(KINDS)
__all__ += ["fakedata", "imagenet", "lsun", "omniglot", "stl10", "svhn", "usps", "utils"]
