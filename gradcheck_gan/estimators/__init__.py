"""Gradients for what has none: straight-through, soft rounding, and the score function."""

from __future__ import annotations

from gradcheck_gan.estimators.remedies import score_function_loss as score_function_loss
from gradcheck_gan.estimators.remedies import soft_round as soft_round
from gradcheck_gan.estimators.remedies import straight_through as straight_through

__all__ = ["score_function_loss", "soft_round", "straight_through"]
