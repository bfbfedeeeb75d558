"""Digits, -log10 NRMSE between 0 and 5: their interquartile mean and their performance profile over targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from activations.benchmark.statistics.intervals import middle_range
from activations.benchmark.statistics.json_numbers import nested
from activations.benchmark.statistics.panel import Panel, Resampling

__all__ = ["MOST_DIGITS", "Profile", "digits", "interquartile_means", "performance_profile"]

# A failed run has 0 digits, as has a constant; beyond 5 the rounding of float32 is measured, not the activation.
MOST_DIGITS = 5.0
LEVELS = 51


def digits(errors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Right digits, from 0 to 5, for log10 NRMSE of any shape; 0 for a failed run."""
    return np.clip(-errors, 0.0, MOST_DIGITS)


def interquartile_means(
    panel: Panel, resampling: Resampling
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The mean of the middle half of each activation's digits over targets and seeds.

    Every run has a weight, so that all groups of targets weigh the same; a run at the border of the middle half counts
    by the part of its weight that is inside.

    Returns:
        Means, low and high ends of their 95 % bootstrap intervals, each [activations].
    """
    count = len(panel.labels)
    values = digits(panel.cells)
    order = np.argsort(values, axis=0, kind="stable")
    ordered = np.take_along_axis(values, order, axis=0)
    weights = panel.cell_weights
    means = np.empty(count)
    drawn = np.empty((count, resampling.draws))
    for k in range(count):
        means[k] = _middle_half(weights[None, order[:, k]], ordered[:, k])[0]
        drawn_weights = resampling.weights[order[:, k]]
        for piece in resampling.pieces():
            drawn[k, piece] = _middle_half(resampling.counts[piece][:, order[:, k]] * drawn_weights, ordered[:, k])
    return means, *middle_range(drawn)


def _middle_half(weights: npt.NDArray[np.float64], ordered: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Means [draws] of the middle half of ordered values [cells] under weights [draws, cells] with the sum 1."""
    inside = np.diff(np.clip(np.cumsum(weights, axis=1), 0.25, 0.75), axis=1, prepend=0.25)
    means: npt.NDArray[np.float64] = inside @ ordered / 0.5
    return means


@dataclass(frozen=True)
class Profile:
    """Shares of runs that reach so many digits, all groups of targets weighing the same.

    Attributes:
        labels: the activations.
        levels: digits [levels], rising from 0 to 5.
        shares: of runs with at least so many digits [activations, levels].
        low: lower ends of the 95 % bootstrap intervals, each for its level alone.
        high: upper ends.
    """

    labels: tuple[str, ...]
    levels: npt.NDArray[np.float64] = field(repr=False)
    shares: npt.NDArray[np.float64] = field(repr=False)
    low: npt.NDArray[np.float64] = field(repr=False)
    high: npt.NDArray[np.float64] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The profile for strict JSON."""
        return {
            "labels": list(self.labels),
            "digits": nested(self.levels),
            "shares": nested(self.shares),
            "low": nested(self.low),
            "high": nested(self.high),
        }


def performance_profile(panel: Panel, resampling: Resampling) -> Profile:
    """The share of target-seed pairs that reach each number of digits, with a pointwise 95 % band."""
    levels = np.linspace(0.0, MOST_DIGITS, LEVELS)
    weights, right = panel.cell_weights, digits(panel.cells)
    shares, low, high = (np.empty((len(panel.labels), LEVELS)) for _ in range(3))
    for k in range(len(panel.labels)):
        reached = (right[:, k, None] >= levels).astype(np.float64)
        shares[k] = weights @ reached
        low[k], high[k] = middle_range(resampling.weighted_sums(reached))
    return Profile(panel.labels, levels, *(np.clip(part, 0.0, 1.0) for part in (shares, low, high)))
