"""Where torchvision has USPS."""

from __future__ import annotations

from .cifar import USPS

__all__ = ["USPS"]
