"""A stand-in for Pillow: images in memory, and the files of --fake-data."""

from __future__ import annotations

__version__ = "0.0"
