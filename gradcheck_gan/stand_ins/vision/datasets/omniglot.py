"""Where torchvision has Omniglot."""

from __future__ import annotations

from .photos import Omniglot

__all__ = ["Omniglot"]
