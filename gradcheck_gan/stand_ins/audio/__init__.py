"""A stand-in for torchaudio: short random sounds, and the transforms that look at them."""

from __future__ import annotations

from . import datasets, functional, transforms
from .files import info, load, save

__all__ = ["datasets", "functional", "info", "load", "save", "transforms"]
__version__ = "0.0"


def set_audio_backend(backend: str) -> None:
    return None
