"""Pictures that nobody will look at."""

from __future__ import annotations

from typing import Any

import torch


def make_grid(images: Any, *_: Any, **__: Any) -> torch.Tensor:
    """The images side by side, each with its channels first."""
    batch = torch.stack(list(images)) if isinstance(images, (list, tuple)) else images
    return torch.cat(list(batch), dim=-1) if batch.dim() == 4 else batch


def save_image(images: Any, file: Any, *_: Any, **__: Any) -> None:
    return None
