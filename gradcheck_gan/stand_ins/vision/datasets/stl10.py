"""Where torchvision has STL10."""

from __future__ import annotations

from .cifar import STL10

__all__ = ["STL10"]
