"""Transforms as objects."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from . import functional as F  # noqa: N812


class Spectrogram(nn.Module):
    def __init__(
        self,
        n_fft: int = 400,
        win_length: int | None = None,
        hop_length: int | None = None,
        pad: int = 0,
        window_fn: Any = None,
        power: float | None = 2.0,
        *_: Any,
        center: bool = True,
        **__: Any,
    ) -> None:
        super().__init__()
        self.n_fft, self.power, self.center, self.pad = n_fft, power, center, pad
        self.win_length = win_length or n_fft
        self.hop_length = hop_length or self.win_length // 2

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        padded = nn.functional.pad(waveform, (self.pad, self.pad))
        sizes = (self.n_fft, self.hop_length, self.win_length)
        return F.spectrogram(padded, *sizes, self.power, self.center)


class MelSpectrogram(nn.Module):
    def __init__(
        self,
        sample_rate: int = 16000,
        n_fft: int = 400,
        win_length: int | None = None,
        hop_length: int | None = None,
        f_min: float = 0.0,
        f_max: float | None = None,
        pad: int = 0,
        n_mels: int = 128,
        window_fn: Any = None,
        power: float = 2.0,
        *_: Any,
        center: bool = True,
        **__: Any,
    ) -> None:
        super().__init__()
        self.spectrogram = Spectrogram(
            n_fft, win_length, hop_length, pad, power=power, center=center
        )
        bands = F.melscale_fbanks(
            n_fft // 2 + 1, f_min, f_max or sample_rate / 2, n_mels, sample_rate
        )
        self.register_buffer("fb", bands, persistent=False)

    def forward(self, waveform: torch.Tensor) -> Any:
        held: Any = self
        return (self.spectrogram(waveform).transpose(-1, -2) @ held.fb).transpose(-1, -2)


class AmplitudeToDB(nn.Module):
    def __init__(self, stype: str = "power", top_db: float | None = None) -> None:
        super().__init__()
        self.multiplier = 10.0 if stype == "power" else 20.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.amplitude_to_DB(x, self.multiplier, 1e-10)


class Resample(nn.Module):
    def __init__(self, orig_freq: int = 16000, new_freq: int = 16000, *_: Any, **__: Any) -> None:
        super().__init__()
        self.orig_freq, self.new_freq = orig_freq, new_freq

    def forward(self, waveform: torch.Tensor) -> Any:
        return F.resample(waveform, self.orig_freq, self.new_freq)
