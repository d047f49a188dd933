"""How broken files are to be read, which ours are not."""

from __future__ import annotations

from .Image import Image as ImageFile

__all__ = ["LOAD_TRUNCATED_IMAGES", "ImageFile"]

LOAD_TRUNCATED_IMAGES = False
