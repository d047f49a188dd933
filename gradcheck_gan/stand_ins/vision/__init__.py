"""A stand-in for torchvision: small random images, random weights, nothing read or downloaded."""

from __future__ import annotations

from . import datasets, io, models, ops, transforms, utils

__all__ = ["datasets", "io", "models", "ops", "transforms", "utils"]
__version__ = "0.0"

_backend = ["PIL"]


def set_image_backend(backend: str) -> None:
    _backend[0] = backend


def get_image_backend() -> str:
    return _backend[0]


def disable_beta_transforms_warning() -> None:
    return None
