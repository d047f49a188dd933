"""The second place where VGG's functions are looked for."""

from __future__ import annotations

from . import VGG, vgg16, vgg19

__all__ = ["VGG", "vgg16", "vgg19"]
