"""Changes of colour and sharpness."""

from __future__ import annotations

from typing import Any

import torch

from .conversion import is_pil, of_tensor

_WEIGHTS = (0.2989, 0.587, 0.114)


def _top(img: torch.Tensor) -> float:
    return 1.0 if img.is_floating_point() else 255.0


def _as(img: torch.Tensor, found: torch.Tensor) -> torch.Tensor:
    """In the range and the kind of the image that it was made from."""
    return found.clamp(0, _top(img)).to(img.dtype)


def _mixed(img: torch.Tensor, other: Any, ratio: float) -> torch.Tensor:
    return _as(img, ratio * img.float() + (1 - ratio) * other)


def _gray(img: torch.Tensor) -> torch.Tensor:
    if img.shape[-3] < 3:
        return img.float()
    parts = (weight * img[..., n, :, :].float() for n, weight in enumerate(_WEIGHTS))
    return torch.stack(list(parts)).sum(0).unsqueeze(-3)


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    if is_pil(img):
        gray = img.convert("L")
        return gray if num_output_channels == 1 else gray.convert("RGB")
    found = _as(img, _gray(img))
    return found if num_output_channels == 1 else found.expand(*img.shape[:-3], 3, *img.shape[-2:])


@of_tensor
def adjust_brightness(img: torch.Tensor, brightness_factor: float) -> torch.Tensor:
    return _mixed(img, 0.0, brightness_factor)


@of_tensor
def adjust_contrast(img: torch.Tensor, contrast_factor: float) -> torch.Tensor:
    return _mixed(img, _gray(img).mean((-3, -2, -1), keepdim=True), contrast_factor)


@of_tensor
def adjust_saturation(img: torch.Tensor, saturation_factor: float) -> torch.Tensor:
    return img if img.shape[-3] < 3 else _mixed(img, _gray(img), saturation_factor)


@of_tensor
def adjust_hue(img: torch.Tensor, hue_factor: float) -> torch.Tensor:
    """Turns the circle of colours by this part of it, from -0.5 to 0.5."""
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    if img.shape[-3] < 3:
        return img
    hue, saturation, value = _hsv(img.float() / _top(img))
    return _as(img, _rgb((hue + hue_factor) % 1.0, saturation, value) * _top(img))


def _hsv(img: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    high, at = img.max(-3)
    span = high - img.min(-3).values
    safe = torch.where(span == 0, torch.ones_like(span), span)
    r, g, b = img.unbind(-3)
    sixths = torch.where(at == 0, (g - b) / safe % 6, (b - r) / safe + 2)
    sixths = torch.where(at == 2, (r - g) / safe + 4, sixths)
    return sixths / 6, span / torch.where(high == 0, torch.ones_like(high), high), high


def _rgb(hue: torch.Tensor, saturation: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    parts = []
    for start in (5.0, 3.0, 1.0):
        place = (start + hue * 6) % 6
        parts.append(value - value * saturation * torch.minimum(place, 4 - place).clamp(0, 1))
    return torch.stack(parts, -3)


@of_tensor
def adjust_gamma(img: torch.Tensor, gamma: float, gain: float = 1) -> torch.Tensor:
    curved = torch.pow(img.float() / _top(img), gamma)
    return _as(img, curved * (gain * _top(img)))


@of_tensor
def invert(img: torch.Tensor) -> torch.Tensor:
    return _as(img, _top(img) - img.float())


@of_tensor
def posterize(img: torch.Tensor, bits: int) -> torch.Tensor:
    return torch.bitwise_and(img, 256 - 2 ** (8 - bits))


@of_tensor
def solarize(img: torch.Tensor, threshold: float) -> torch.Tensor:
    return torch.where(img >= threshold, invert(img), img)


@of_tensor
def autocontrast(img: torch.Tensor) -> torch.Tensor:
    low, high = img.float().amin((-2, -1), keepdim=True), img.float().amax((-2, -1), keepdim=True)
    span = torch.where(high > low, high - low, torch.full_like(high, _top(img)))
    return _as(img, (img.float() - torch.where(high > low, low, 0 * low)) * _top(img) / span)


@of_tensor
def equalize(img: torch.Tensor) -> torch.Tensor:
    """Every channel's values spread by their rank."""
    flat = img.reshape(-1, img.shape[-2] * img.shape[-1])
    counts = torch.stack([torch.bincount(channel.long(), minlength=256) for channel in flat])
    ranks = (counts.cumsum(-1) - counts.min(-1, keepdim=True).values).float()
    spread = (ranks / ranks[:, -1:].clamp(min=1) * 255).to(img.dtype)
    return spread.gather(1, flat.long()).reshape(img.shape)


@of_tensor
def gaussian_blur(img: torch.Tensor, kernel_size: Any, sigma: Any = None) -> torch.Tensor:
    sizes = [kernel_size] * 2 if isinstance(kernel_size, int) else list(kernel_size)
    if sigma is None:
        widths = [0.3 * ((size - 1) * 0.5 - 1) + 0.8 for size in sizes]
    else:
        widths = (
            [float(sigma)] * 2 if isinstance(sigma, (int, float)) else [float(s) for s in sigma]
        )
    across, down = (_bell(*each) for each in zip(sizes, (widths * 2)[:2], strict=True))
    return _as(img, _filtered(img.float(), torch.outer(down, across)))


def _bell(size: int, width: float) -> torch.Tensor:
    places = torch.arange(size) - (size - 1) / 2
    bell = torch.exp(-0.5 * (places / width) ** 2)
    return bell / bell.sum()


def _filtered(img: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    high, wide = kernel.shape
    batch = img.reshape(-1, 1, *img.shape[-2:])
    around = (wide // 2, (wide - 1) // 2, high // 2, (high - 1) // 2)
    padded = torch.nn.functional.pad(batch, around, mode="reflect")
    return torch.nn.functional.conv2d(padded, kernel[None, None]).reshape(img.shape)


@of_tensor
def adjust_sharpness(img: torch.Tensor, sharpness_factor: float) -> torch.Tensor:
    """The outermost pixels stay as they are."""
    kernel = torch.ones(3, 3)
    kernel[1, 1] = 5
    smooth = img.float().clone()
    blurred = _as(img, _filtered(img.float(), kernel / 13).add(0.0 if _top(img) == 1 else 0.5))
    smooth[..., 1:-1, 1:-1] = blurred[..., 1:-1, 1:-1].float()
    return _mixed(img, smooth, sharpness_factor)
