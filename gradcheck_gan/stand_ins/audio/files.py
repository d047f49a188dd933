"""Sound files of the plain kind, with two bytes a sample."""

from __future__ import annotations

import ctypes
import os
import wave
from typing import Any, NamedTuple

import torch

from gradcheck_gan.stand_ins.telling import tell

RATE = 16000
SECONDS = 1.0


class Info(NamedTuple):
    sample_rate: int
    num_frames: int
    num_channels: int
    bits_per_sample: int = 16
    encoding: str = "PCM_S"


def sound(number: int, rate: int = RATE, seconds: float = SECONDS) -> torch.Tensor:
    """One channel of noise between -1 and 1, the same for a number."""
    drawn = torch.Generator().manual_seed(number)
    return torch.rand(1, int(rate * seconds), generator=drawn) * 1.6 - 0.8


def load(uri: Any, frame_offset: int = 0, num_frames: int = -1, *_: Any, **__: Any) -> Any:
    """The samples, channels first, and how many there are in a second."""
    found, rate = _read(uri)
    stop = None if num_frames < 0 else frame_offset + num_frames
    return found[:, frame_offset:stop], rate


def _read(uri: Any) -> tuple[torch.Tensor, int]:
    if not hasattr(uri, "read") and not os.path.exists(uri):
        tell("Not there, and made up of random sounds: {}.", str(uri))
        return sound(len(str(uri))), RATE
    with wave.open(os.fspath(uri) if not hasattr(uri, "read") else uri, "rb") as file:
        content = bytearray(file.readframes(file.getnframes()))
        samples = torch.frombuffer(content, dtype=torch.int16).float() / 2**15
        return samples.view(-1, file.getnchannels()).T.contiguous(), file.getframerate()


def info(uri: Any, *_: Any, **__: Any) -> Info:
    found, rate = _read(uri)
    return Info(rate, found.shape[1], found.shape[0])


def save(uri: Any, src: torch.Tensor, sample_rate: int, *_: Any, **__: Any) -> None:
    samples = (src.detach().cpu().clamp(-1, 1) * (2**15 - 1)).to(torch.int16).T.contiguous()
    with wave.open(uri if hasattr(uri, "write") else os.fspath(uri), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(int(sample_rate))
        file.writeframes(ctypes.string_at(samples.data_ptr(), 2 * samples.numel()))
