"""Sounds as pictures, and at other rates."""

from __future__ import annotations

import math
from typing import Any

import torch


def spectrogram(
    waveform: torch.Tensor,
    n_fft: int,
    hop_length: int,
    win_length: int,
    power: float | None = 2.0,
    center: bool = True,
) -> torch.Tensor:
    window = torch.hann_window(win_length)
    flat = waveform.reshape(-1, waveform.shape[-1])
    found = torch.stft(
        flat, n_fft, hop_length, win_length, window, center=center, return_complex=True
    )
    found = found.reshape(*waveform.shape[:-1], *found.shape[-2:])
    return found if power is None else found.abs().pow(power)


def melscale_fbanks(n_freqs: int, f_min: float, f_max: float, n_mels: int, rate: int) -> Any:
    """How much of each frequency each of the bands takes in."""
    low, high = (2595 * math.log10(1 + f / 700) for f in (f_min, f_max))
    edges = 700 * (10 ** (torch.linspace(low, high, n_mels + 2) / 2595) - 1)
    place = torch.linspace(0, rate // 2, n_freqs)[:, None]
    rising = (place - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - place) / (edges[2:] - edges[1:-1])
    return torch.minimum(rising, falling).clamp(min=0)


def amplitude_to_DB(  # noqa: N802  # torchaudio's name
    x: torch.Tensor, multiplier: float, amin: float, *_: Any, **__: Any
) -> torch.Tensor:
    return multiplier * x.clamp(min=amin).log10()


def resample(waveform: torch.Tensor, orig_freq: int, new_freq: int, *_: Any, **__: Any) -> Any:
    length = math.ceil(waveform.shape[-1] * new_freq / orig_freq)
    flat = waveform.reshape(-1, 1, waveform.shape[-1])
    found = torch.nn.functional.interpolate(flat, length, mode="linear", align_corners=False)
    return found.reshape(*waveform.shape[:-1], length)
