"""Where torchvision has ImageNet."""

from __future__ import annotations

from .folder import ImageNet

__all__ = ["ImageNet"]
