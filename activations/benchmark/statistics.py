"""Intervals and ranks, from numpy alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["median", "median_interval", "ranks", "resamples"]

DRAWS = 10_000
CONFIDENCE = 0.95


def resamples(seeds: int, rng: np.random.Generator, draws: int = DRAWS) -> npt.NDArray[np.intp]:
    """Bootstrap samples of seeds [draws, seeds], to be shared by all that were trained on the same seeds."""
    return rng.integers(0, seeds, size=(draws, seeds))


def median(values: Sequence[float]) -> float:
    """The median; infinite if an infinity is among the middle ones."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    # Not numpy's: it warns where the two in the middle are infinite.
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def median_interval(
    values: Sequence[float], samples: npt.NDArray[np.intp], confidence: float = CONFIDENCE
) -> tuple[float, float] | None:
    """The percentile bootstrap interval of the median.

    Args:
        values: one per seed; infinite ones count as worst.
        samples: from `resamples`.
        confidence: the probability that the interval is made for.

    Returns:
        Both ends; None for a single value, about which no interval can be given.
    """
    if len(values) < 2:
        return None
    drawn = np.sort(np.asarray(values, dtype=np.float64)[samples], axis=1)
    half = drawn.shape[1] // 2
    medians = drawn[:, half] if drawn.shape[1] % 2 else (drawn[:, half - 1] + drawn[:, half]) / 2
    tail = 100 * (1 - confidence) / 2
    # Without interpolation, which would make NaN of infinities.
    low, high = np.percentile(medians, [tail, 100 - tail], method="closest_observation")
    return float(low), float(high)


def ranks(errors: Mapping[str, float]) -> list[tuple[str, int]]:
    """Labels with their ranks from 1, best first: equal errors share a rank and are in order of their labels."""
    ordered = sorted(errors, key=lambda label: (errors[label], label))
    ranked: list[tuple[str, int]] = []
    for place, label in enumerate(ordered, start=1):
        tied = bool(ranked) and errors[ranked[-1][0]] == errors[label]
        ranked.append((label, ranked[-1][1] if tied else place))
    return ranked


def finite_or_none(value: Any) -> float | None:
    """A number for strict JSON, which knows neither NaN nor infinity."""
    return float(value) if value is not None and np.isfinite(value) else None
