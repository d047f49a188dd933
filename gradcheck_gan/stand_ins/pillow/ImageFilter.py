"""Pillow's ImageFilter: drawing changes nothing here."""

from __future__ import annotations

from gradcheck_gan.stand_ins.quiet import silent

__getattr__ = silent("PIL.ImageFilter")
