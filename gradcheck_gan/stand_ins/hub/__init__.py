"""A stand-in for Hugging Face's `datasets`: small tables of random images and words."""

from __future__ import annotations

from gradcheck_gan.stand_ins.hub.loading import load_dataset as load_dataset
from gradcheck_gan.stand_ins.hub.table import Dataset as Dataset
from gradcheck_gan.stand_ins.hub.table import DatasetDict as DatasetDict

IterableDataset = Dataset
IterableDatasetDict = DatasetDict

__version__ = "0.0"


def disable_progress_bars() -> None:
    return None


disable_caching = enable_progress_bars = disable_progress_bars
