"""Where torchvision has FakeData."""

from __future__ import annotations

from .photos import FakeData

__all__ = ["FakeData"]
