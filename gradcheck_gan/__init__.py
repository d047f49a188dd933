"""Find the line where a GAN's gradient goes wrong."""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__"]
