"""A stand-in for torchvision: small random images, random weights, nothing read or downloaded."""

from __future__ import annotations

from . import datasets, models, transforms, utils

__all__ = ["datasets", "models", "set_image_backend", "transforms", "utils"]
__version__ = "0.0"


def set_image_backend(name: str) -> None:
    return None
