"""Where torchvision has SVHN."""

from __future__ import annotations

from .cifar import SVHN

__all__ = ["SVHN"]
