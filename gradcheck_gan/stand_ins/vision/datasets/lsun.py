"""Where torchvision has LSUN and LSUNClass."""

from __future__ import annotations

from .photos import LSUN, LSUNClass

__all__ = ["LSUN", "LSUNClass"]
