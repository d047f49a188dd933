"""Which way a pass pushes an output, as vectors that are compared by their direction."""

from __future__ import annotations

import math

from gradcheck_gan.run import Backward

Signal = tuple[float, ...]
Signals = dict[int, list[Signal]]
"""By rounds."""

OPPOSED = -0.9
"""Cosine below which two gradients count as opposite; chance does not get there twice."""


def of_one_round(own: Signals, others: Signals) -> list[tuple[list[Signal], list[Signal]]]:
    return [(own[n], others[n]) for n in sorted(own.keys() & others.keys())]


def of_next_rounds(own: Signals, others: Signals) -> list[tuple[list[Signal], list[Signal]]]:
    """Where all optimizers step after every pass, each pass makes a round of its own."""
    return [(own[n], others[n + 1]) for n in sorted(own) if n + 1 in others]


def opposed(own: list[Signal], others: list[Signal]) -> bool:
    sizes = {len(signal) for signal in own + others}
    return len(sizes) == 1 and cosine(_mean(own), _mean(others)) < OPPOSED


def _mean(signals: list[Signal]) -> Signal:
    return tuple(sum(column) / len(signals) for column in zip(*signals, strict=True))


def alike(event: Backward, one: int, other: int) -> bool:
    """Pushed the same way on average and, as far as it was measured, sample by sample: losses with
    different targets agree on average where the scores lie beyond both targets."""
    pairs = [(event.signals[one], event.signals[other])]
    pairs.append((event.scores.get(one, ()), event.scores.get(other, ())))
    if len(pairs[0][0]) != len(pairs[0][1]):
        return False
    return all(
        cosine(first, second) > -OPPOSED
        for first, second in pairs
        if first and len(first) == len(second)
    )


def cosine(one: Signal, other: Signal) -> float:
    size = math.sqrt(_dot(one, one) * _dot(other, other))
    return _dot(one, other) / size if size > 0 else 0.0


def _dot(one: Signal, other: Signal) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True))
